/**
 * What an auditor finds on the host: the kept frames opened again with the terminals' keys, and beside
 * them the tally and the totals' differences as the store tells them. Frames that overlap, leave a hole
 * or do not verify are violations by themselves.
 */
import type { UnixHour } from '../../host/instant.js';
import type { KeptBatch, Store } from '../../host/store/store.js';
import { decode } from '../../protocol/codec.js';
import type { Batch, Event, Gap, LogId, TerminalId } from '../../protocol/messages.js';
import { open } from '../../protocol/seal.js';
import { parseTerminal } from '../../protocol/topic.js';
import { Violation } from './oracle.js';

export type AuditedLog = {
  readonly terminal: TerminalId;
  readonly log: LogId;
  committed: number;
  /** Ratings by level, those of overflow events included. */
  counted: number[];
  /** Events declared lost. */
  missing: number;
  overflows: number;
  /** The terminal's own totals, at some time, were not what the frames before them say. */
  differed: boolean;
};

export type Audit = {
  /** By terminal and log. */
  readonly logs: Map<string, AuditedLog>;
  /** Ratings by level, from the tally. */
  readonly tallies: Map<TerminalId, number[]>;
  /** Of each terminal's newest log: its totals less the host's. */
  readonly differences: Map<TerminalId, readonly number[] | null>;
};

const PAGE = 500;
const EVER = { from: 0 as UnixHour, to: 100_000_000 as UnixHour };

export async function audit(store: Store, keyOf: (terminal: TerminalId) => Uint8Array): Promise<Audit> {
  const logs = new Map<string, AuditedLog>();
  for (let after = 0; ; ) {
    const page = await store.batches(after, PAGE);
    for (const { batch } of page) addFrame(logs, batch, keyOf(batch.terminal));
    if (page.length < PAGE) break;
    after = page.at(-1)!.position;
  }
  const tallies = new Map<TerminalId, number[]>();
  for (const { counter, scale, level, count } of await store.tallies(EVER)) {
    const terminal = parseTerminal(counter);
    if (terminal === null) throw new Violation('tally_nowhere', `counted at no counter: ${counter}`);
    if (scale === 0) continue;
    const counts = tallies.get(terminal) ?? [0, 0, 0, 0, 0];
    counts[level - 1]! += count;
    tallies.set(terminal, counts);
  }
  const books = await store.terminalBooks();
  return { logs, tallies, differences: new Map(books.map((one) => [one.terminal, one.difference])) };
}

function addFrame(logs: Map<string, AuditedLog>, kept: KeptBatch, key: Uint8Array): void {
  const message = read(kept, key);
  const { terminal, log } = message;
  const audited = logs.get(`${terminal} ${log}`) ?? newLog(terminal, log);
  logs.set(`${terminal} ${log}`, audited);
  const [first, last] =
    message.kind === 'gap'
      ? [message.from, message.to]
      : [message.first, message.first + message.events.length - 1];
  if (kept.first !== audited.committed + 1 || kept.first < first || kept.last !== last) {
    throw new Violation(
      'not_contiguous',
      `log ${log}: events ${kept.first} to ${kept.last} of a frame of ${first} to ${last} behind ${audited.committed}`,
    );
  }
  if (message.kind === 'gap') audited.missing += kept.last - kept.first + 1;
  else for (const event of message.events.slice(kept.first - first)) addEvent(audited, event);
  audited.committed = kept.last;
}

function newLog(terminal: TerminalId, log: LogId): AuditedLog {
  return { terminal, log, committed: 0, counted: [0, 0, 0, 0, 0], missing: 0, overflows: 0, differed: false };
}

function addEvent(audited: AuditedLog, event: Event): void {
  const { counted } = audited;
  if (event.kind === 'rating') counted[event.level - 1]!++;
  if (event.kind === 'overflow') {
    audited.overflows++;
    for (let i = 0; i < counted.length; i++) counted[i]! += event.totals[i]!;
  }
  if (event.kind === 'totals' && counted.some((count, i) => count !== event.totals[i])) {
    audited.differed = true;
  }
}

function read({ frame, terminal }: KeptBatch, key: Uint8Array): Batch | Gap {
  const opened = open(key, 'up', frame);
  const decoded = opened.kind === 'ok' ? decode(opened.content) : null;
  if (decoded?.kind === 'ok' && (decoded.message.kind === 'batch' || decoded.message.kind === 'gap')) {
    if (decoded.message.terminal === terminal) return decoded.message;
  }
  throw new Violation('bad_frame_kept', `a frame kept of terminal ${terminal} does not verify`);
}
