/**
 * Who knows what must be true. It watches the thank-you lamps and the acknowledgements, never the
 * firmware's or the host's own figures, and at the end holds the host's books against them:
 *
 * - each press thanked for is counted exactly once; one that the power cut short after its write had
 *   begun and before the lamp was lit is in doubt, and may be counted once or not at all;
 * - the frames kept of a log follow each other without overlap or hole, and cover what was acknowledged;
 * - the tally is what an auditor finds in the frames, and agrees with the terminal's own totals;
 * - what decayed may be missing, if that is declared or shows in the totals; it is never counted twice.
 */
import { decode } from '../../protocol/codec.js';
import type { LogId, TerminalId } from '../../protocol/messages.js';
import { open } from '../../protocol/seal.js';
import { parseTopic, terminalHex } from '../../protocol/topic.js';
import type { Audit, AuditedLog } from './audit.js';
import type { Message } from './network.js';
import type { Decay } from './schedule.js';

export class Violation extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** One log of one terminal, as the world saw it. */
export type Account = {
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly thanked: number[];
  /** Presses in doubt: the levels that each may have been. */
  readonly doubts: number[][];
  acknowledged: number;
  /** Times that the one copy of the newest event decayed while the power was off. */
  exposed: number;
  /** Its storage was taken away while it may have held what the host has not. */
  abandoned: boolean;
};

/** What the terminal's storage says at the end. */
export type LastLog = { readonly terminal: TerminalId; readonly log: LogId; readonly next: number };

const LEVELS = [1, 2, 3, 4, 5];
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

export class Oracle {
  private readonly accounts = new Map<string, Account>();

  constructor(
    private readonly keyOf: (terminal: TerminalId) => Uint8Array,
    private readonly decay: Decay,
  ) {}

  account(terminal: TerminalId, log: LogId): Account {
    const key = `${terminal} ${log}`;
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = {
        terminal,
        log,
        thanked: [0, 0, 0, 0, 0],
        doubts: [],
        acknowledged: 0,
        exposed: 0,
        abandoned: false,
      };
      this.accounts.set(key, account);
    }
    return account;
  }

  /** An acknowledgement has left a host. */
  acknowledged({ topic, payload }: Message): void {
    const { terminal } = parseTopic(topic)!;
    const opened = open(this.keyOf(terminal), 'down', payload);
    const decoded = opened.kind === 'ok' ? decode(opened.content) : null;
    if (decoded?.kind !== 'ok' || decoded.message.kind !== 'ack') {
      throw new Violation('bad_ack', `the host sent something else than an acknowledgement to ${topic}`);
    }
    const { log, committed } = decoded.message;
    const account = this.account(terminal, log);
    if (committed > account.acknowledged) account.acknowledged = committed;
  }

  thanked(): number {
    return [...this.accounts.values()].reduce((total, { thanked }) => total + sum(thanked), 0);
  }

  doubted(): number {
    return [...this.accounts.values()].reduce((total, { doubts }) => total + doubts.length, 0);
  }

  /** May be asked at any time: nothing is counted twice or out of nothing, nothing acknowledged is gone. */
  checkRunning(audit: Audit): void {
    for (const audited of audit.logs.values()) {
      if (!this.accounts.has(`${audited.terminal} ${audited.log}`)) {
        throw new Violation('unknown_log', `the host has a log ${audited.log} that no terminal wrote`);
      }
    }
    for (const account of this.accounts.values()) {
      const audited = audit.logs.get(`${account.terminal} ${account.log}`);
      this.checkExcess(account, audited);
      if (account.acknowledged > (audited?.committed ?? 0)) {
        throw new Violation(
          'acknowledged_lost',
          `${name(account)}: acknowledged to ${account.acknowledged}, the host has ${audited?.committed ?? 0}`,
        );
      }
    }
    this.checkTally(audit);
  }

  /** When everything has worked for a while: without a restart every press has been said and counted. */
  checkSaid(audit: Audit): void {
    this.checkRunning(audit);
    // A block that decayed is read again for a long time before it is given up.
    if (this.decay === 'any') return;
    for (const account of this.accounts.values()) {
      this.checkDeficit(account, audit.logs.get(`${account.terminal} ${account.log}`));
    }
  }

  /** When every terminal has restarted and everything has been said. */
  checkAtRest(audit: Audit, last: readonly LastLog[]): void {
    this.checkRunning(audit);
    for (const account of this.accounts.values()) {
      this.checkDeficit(account, audit.logs.get(`${account.terminal} ${account.log}`));
    }
    for (const { terminal, log, next } of last) {
      const account = this.account(terminal, log);
      const audited = audit.logs.get(`${terminal} ${log}`);
      // What decayed under a running terminal is still in its memory: the host may then know more.
      const behind = audited === undefined || audited.committed < next - 1;
      if (behind || (this.decay !== 'any' && audited.committed !== next - 1)) {
        throw new Violation(
          'not_drained',
          `${name(account)}: the log ends before ${next}, the host has ${audited?.committed ?? 0}`,
        );
      }
      const difference = audit.differences.get(terminal) ?? null;
      if (this.decay !== 'any' && (difference === null || difference.some((count) => count !== 0))) {
        throw new Violation('totals_differ', `${name(account)}: difference ${difference?.join(' ')}`);
      }
      if (this.decay === 'none' && audited.missing > 0) {
        throw new Violation('gap_declared', `${name(account)}: ${audited.missing} events declared lost`);
      }
    }
  }

  private checkExcess(account: Account, audited: AuditedLog | undefined): void {
    const counted = audited?.counted ?? [0, 0, 0, 0, 0];
    const excess = LEVELS.map((level) => Math.max(0, counted[level - 1]! - account.thanked[level - 1]!));
    const allowed = LEVELS.map(
      (level) => account.doubts.filter((candidates) => candidates.includes(level)).length,
    );
    if (excess.every((count, i) => count <= allowed[i]!) && sum(excess) <= account.doubts.length) return;
    throw new Violation('counted_twice', describe(account, counted));
  }

  private checkDeficit(account: Account, audited: AuditedLog | undefined): void {
    const counted = audited?.counted ?? [0, 0, 0, 0, 0];
    const missing = sum(
      LEVELS.map((level) => Math.max(0, account.thanked[level - 1]! - counted[level - 1]!)),
    );
    if (missing === 0 || account.abandoned) return;
    if (this.decay === 'any') {
      const shown = audited !== undefined && (audited.missing > 0 || audited.differed);
      if (shown || missing <= account.exposed) return;
    }
    throw new Violation('lost', describe(account, counted));
  }

  /** The tally rows against the frames they were made from. */
  private checkTally(audit: Audit): void {
    const found = new Map<TerminalId, number[]>();
    for (const { terminal, counted } of audit.logs.values()) {
      const counts = found.get(terminal) ?? [0, 0, 0, 0, 0];
      found.set(
        terminal,
        counts.map((count, i) => count + counted[i]!),
      );
    }
    for (const [terminal, counts] of found) {
      const tallied = audit.tallies.get(terminal) ?? [0, 0, 0, 0, 0];
      if (counts.join() !== tallied.join()) {
        throw new Violation(
          'tally_differs',
          `${terminalHex(terminal)}: tally ${tallied.join(' ')}, frames ${counts.join(' ')}`,
        );
      }
    }
  }
}

function name({ terminal, log }: Account): string {
  return `terminal ${terminalHex(terminal)} log ${log}`;
}

function describe(account: Account, counted: readonly number[]): string {
  const { thanked, doubts, exposed } = account;
  return `${name(account)}: thanked ${thanked.join(' ')}, counted ${counted.join(' ')}, in doubt ${doubts.length}, exposed ${exposed}`;
}
