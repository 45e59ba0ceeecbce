/**
 * From messages to books. Topic, key, seal, content and identity are checked in that order; a group is
 * committed in one transaction, and acknowledgements exist only after it has. Knows no thread, broker
 * or clock: the host runs it in a worker, the simulator and the virtual district's past call it as is.
 */
import { decode, encode } from '../../protocol/codec.js';
import type { Batch, Gap, RejectCode, State, TerminalId } from '../../protocol/messages.js';
import { open, SealKey, seal } from '../../protocol/seal.js';
import { parseTopic, topicOf } from '../../protocol/topic.js';
import { StoreError } from '../errors.js';
import type { UnixMs } from '../instant.js';
import type { Store } from '../store/store.js';
import type { Arrival, Outcome } from './books.js';
import { Presence, type PresenceChange } from './presence.js';
import { Quarantine } from './quarantine.js';

export type Received = {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedAt: UnixMs;
};

export type Reply = { readonly topic: string; readonly payload: Uint8Array };

export type RejectReason =
  | RejectCode
  | 'bad_topic'
  | 'unknown_terminal'
  | 'wrong_terminal'
  | 'wrong_kind'
  | 'internal_error';

export type MessageOutcome =
  | Outcome
  | { readonly kind: 'state'; readonly terminal: TerminalId }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

export type Receipt = {
  /** One sealed acknowledgement for every batch and gap that verified, durable by now. */
  readonly replies: Reply[];
  /** Offices whose figures changed. */
  readonly changedOffices: string[];
  readonly presence: PresenceChange[];
  /** One for each message, in order. */
  readonly outcomes: MessageOutcome[];
};

type Verified =
  | { readonly kind: 'up'; readonly message: Batch | Gap; readonly echo: number; readonly key: SealKey }
  | { readonly kind: 'state'; readonly message: State }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

type Pending = { readonly at: number; readonly arrival: Arrival; echo: number; key: SealKey };

/** Keys kept in memory; a registry has far fewer terminals than this. */
const KEYS_MAX = 100_000;

export class Ingest {
  private readonly store: Store;
  private readonly presence = new Presence();
  private readonly quarantine = new Quarantine();
  private readonly keys = new Map<TerminalId, SealKey>();
  /** Changes seen in groups whose commit failed: told with the next one. */
  private unreported: PresenceChange[] = [];

  constructor(options: { store: Store }) {
    this.store = options.store;
  }

  /** Calls must not overlap: wait for one group before giving the next. */
  async receive(messages: readonly Received[]): Promise<Receipt> {
    const receipt: Receipt = { replies: [], changedOffices: [], presence: [], outcomes: [] };
    await this.fetchKeys(messages);
    const pending: Pending[] = [];
    const states: { at: number; message: State }[] = [];
    const asked = new Set<TerminalId>();
    for (let at = 0; at < messages.length; at++) {
      const received = messages[at]!;
      let verified = this.verify(received);
      if (verified.kind === 'rejected' && verified.reason === 'bad_tag') {
        verified = await this.verifyWithFreshKey(received, asked);
      }
      if (verified.kind === 'rejected') this.refuse(receipt, at, received, verified.reason);
      else if (verified.kind === 'state') states.push({ at, message: verified.message });
      else {
        const arrival = {
          message: verified.message,
          frame: received.payload,
          receivedAt: received.receivedAt,
        };
        pending.push({ at, arrival, echo: verified.echo, key: verified.key });
      }
    }
    await this.takeStates(receipt, states);
    this.unreported.push(...receipt.presence);
    await this.commit(messages, pending, receipt);
    receipt.presence.splice(0, receipt.presence.length, ...this.unreported);
    this.unreported = [];
    return receipt;
  }

  private verify({ topic, payload }: Received): Verified {
    const parsed = parseTopic(topic);
    if (parsed === null || parsed.direction === 'down') return rejected('bad_topic');
    const key = this.keys.get(parsed.terminal);
    if (key === undefined) return rejected('unknown_terminal');
    const opened = open(key, parsed.direction, payload);
    if (opened.kind === 'rejected') return rejected(opened.code);
    const decoded = decode(opened.content);
    if (decoded.kind === 'rejected') return rejected(decoded.code);
    const { message } = decoded;
    if (message.terminal !== parsed.terminal) return rejected('wrong_terminal');
    if (parsed.direction === 'state') {
      return message.kind === 'state' ? { kind: 'state', message } : rejected('wrong_kind');
    }
    if (message.kind !== 'batch' && message.kind !== 'gap') return rejected('wrong_kind');
    return { kind: 'up', message, echo: opened.echo, key };
  }

  /** The registry may have given the terminal a new key since it was read; asks once a group. */
  private async verifyWithFreshKey(received: Received, asked: Set<TerminalId>): Promise<Verified> {
    const terminal = parseTopic(received.topic)!.terminal;
    if (asked.has(terminal)) return rejected('bad_tag');
    asked.add(terminal);
    const old = this.keys.get(terminal)!;
    const fresh = (await this.store.keys([terminal])).get(terminal);
    if (fresh === undefined || Buffer.compare(old.bytes, fresh) === 0) return rejected('bad_tag');
    this.keys.set(terminal, new SealKey(fresh));
    return this.verify(received);
  }

  private async fetchKeys(messages: readonly Received[]): Promise<void> {
    const unknown = new Set<TerminalId>();
    for (const { topic } of messages) {
      const parsed = parseTopic(topic);
      if (parsed !== null && !this.keys.has(parsed.terminal)) unknown.add(parsed.terminal);
    }
    if (unknown.size === 0) return;
    if (this.keys.size > KEYS_MAX) this.keys.clear();
    for (const [terminal, key] of await this.store.keys([...unknown])) {
      this.keys.set(terminal, new SealKey(key));
    }
  }

  private refuse(receipt: Receipt, at: number, received: Received, reason: RejectReason): void {
    receipt.outcomes[at] = rejected(reason);
    this.quarantine.add(received.topic, received.payload, received.receivedAt, reason);
  }

  private async takeStates(receipt: Receipt, states: { at: number; message: State }[]): Promise<void> {
    if (states.length === 0) return;
    const logs = await this.store.logs([...new Set(states.map(({ message }) => message.terminal))]);
    for (const { at, message } of states) {
      receipt.outcomes[at] = { kind: 'state', terminal: message.terminal };
      const change = this.presence.take(message, logs.get(message.terminal) ?? []);
      if (change !== null) receipt.presence.push(change);
    }
  }

  private async commit(messages: readonly Received[], pending: Pending[], receipt: Receipt): Promise<void> {
    const { rows, refused } = this.quarantine.take();
    if (pending.length === 0 && refused.size === 0) return;
    try {
      const arrivals = pending.map((one) => one.arrival);
      const { outcomes, offices } = await this.store.commit({ arrivals, quarantine: rows, refused });
      for (const office of offices) {
        if (!receipt.changedOffices.includes(office)) receipt.changedOffices.push(office);
      }
      pending.forEach((one, i) => {
        receipt.outcomes[one.at] = outcomes[i]!;
        receipt.replies.push(acknowledge(one, outcomes[i]!));
      });
    } catch (error) {
      this.quarantine.restore(rows, refused);
      if (error instanceof StoreError || pending.length === 0) throw error;
      await this.commitOneByOne(messages, pending, receipt);
    }
  }

  /** A message that makes accounting itself fail must not hold back the others of its group. */
  private async commitOneByOne(
    messages: readonly Received[],
    pending: Pending[],
    receipt: Receipt,
  ): Promise<void> {
    if (pending.length > 1) {
      for (const one of pending) await this.commit(messages, [one], receipt);
      return;
    }
    const { at } = pending[0]!;
    this.refuse(receipt, at, messages[at]!, 'internal_error');
    await this.commit(messages, [], receipt);
  }
}

function rejected(reason: RejectReason): { kind: 'rejected'; reason: RejectReason } {
  return { kind: 'rejected', reason };
}

function acknowledge({ arrival, echo, key }: Pending, outcome: Outcome): Reply {
  const { terminal, log } = arrival.message;
  const content = encode({ kind: 'ack', terminal, log, committed: outcome.committed, echo });
  return { topic: topicOf(terminal, 'down'), payload: seal(key, 'down', content) };
}
