/**
 * The whole of `Ingest.receive` between honest terminals, an attacker without keys who damages,
 * replays, holds back, diverts and invents, and turncoats whose key is known and who seal anything.
 * Promised: no throw and no `internal_error`; of an honest terminal exactly what it sealed is counted,
 * once; every frame taken is answered by one acknowledgement that says the watermark, no other is;
 * every refusal is counted.
 */
import { Ingest, type MessageOutcome, type Received, type Reply } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import type { Store } from '../../host/store/store.js';
import { decode, encode } from '../../protocol/codec.js';
import * as k from '../../protocol/constants.js';
import type { LogId, Message, Seq, TerminalId } from '../../protocol/messages.js';
import { echoOf, open, seal } from '../../protocol/seal.js';
import { parseTopic, terminalHex, topicOf } from '../../protocol/topic.js';
import { drawMessage, Random } from '../protocol/random.js';
import { type Frame, Honest } from './honest.js';
import type { IngestStore } from './memory-store.js';
import { Corpus, Mutator } from './mutation.js';
import { Found, Tally, type Target } from './target.js';

export type Ledger = {
  readonly store: IngestStore;
  /** Counts by slot of a terminal. */
  counts(terminal: TerminalId): Promise<ReadonlyMap<number, number>>;
  refused(): Promise<number>;
  /** Called now and then with the terminals whose books may be dropped to save room. */
  tidy(turncoats: readonly TerminalId[]): void;
  close(): Promise<void>;
};

/** Terminals by id, for a ledger to know their keys. */
export const HONEST_IDS = [0x2a1c0b07, 0x2a1c0b17, 0x00000000, 0xffffffff] as TerminalId[];
export const TURNCOAT_IDS = [0x0000beef, 0x80000001] as TerminalId[];
/** Nobody the host knows; its frames are spare parts for damage. */
const STRANGER_ID = 0x00c0ffee as TerminalId;
export const keyOf = (terminal: TerminalId) =>
  Uint8Array.from({ length: k.KEY_BYTES }, (_, i) => (terminal * 31 + i * 7) & 255);

const START = Date.UTC(2026, 0, 5);
const GROUP_MAX = 64;
const TIDY_GROUPS = 200;
const CHARACTERS = [
  '/',
  '+',
  '#',
  '\0',
  'up',
  'state',
  'hailong',
  'v1',
  '0',
  'f',
  'Đ',
  '\ud800',
  ' ',
  '$SYS',
];

type Input = Received & { readonly whole: Frame | null };

export class IngestTarget implements Target {
  private readonly random: Random;
  private readonly mutator: Mutator;
  private readonly ingest: Ingest;
  private readonly honest: Honest[];
  private readonly byId: ReadonlyMap<TerminalId, Honest>;
  private readonly contents: Corpus;
  private readonly payloads: Corpus;
  private readonly tally = new Tally();
  private input = 0;
  private due = 0;
  private groups = 0;
  private refusals = 0;
  private nowMs = START;

  constructor(
    private readonly seed: number,
    readonly name: 'ingest' | 'store',
    private readonly ledger: Ledger,
  ) {
    this.random = new Random(seed);
    this.mutator = new Mutator(this.random);
    // Ingest asks no more of a store than this.
    this.ingest = new Ingest({ store: ledger.store as Store });
    this.honest = HONEST_IDS.map((id) => new Honest(id, keyOf(id), this.random));
    this.byId = new Map(this.honest.map((terminal) => [terminal.id, terminal]));
    this.contents = new Corpus(Array.from({ length: 100 }, () => encode(this.turncoatMessage())));
    const stranger = new Honest(STRANGER_ID, keyOf(STRANGER_ID), this.random);
    this.payloads = new Corpus(Array.from({ length: 20 }, () => stranger.make().payload));
  }

  get counts() {
    return this.tally.counts;
  }

  async run(inputs: number): Promise<void> {
    // Groups are never cut short, so that the same seed draws the same inputs however many are asked for.
    this.due += inputs;
    while (this.input < this.due) {
      const size = 1 + this.random.below(GROUP_MAX);
      const group = Array.from({ length: size }, () => this.draw());
      try {
        const { outcomes, replies } = await this.ingest.receive(group);
        this.judge(group, outcomes, replies);
      } catch (error) {
        const { name, seed, input } = this;
        throw new Found(`${error}`, { target: name, seed, input: input + size });
      }
      this.input += size;
      this.nowMs += this.random.below(4000);
      if (++this.groups % TIDY_GROUPS === 0) this.ledger.tidy(TURNCOAT_IDS);
    }
  }

  async finish(): Promise<void> {
    for (const { id, counts } of this.honest) {
      const kept = await this.ledger.counts(id);
      for (const slot of new Set([...kept.keys(), ...counts.keys()])) {
        if (kept.get(slot) === counts.get(slot)) continue;
        throw new Error(`terminal ${id} slot ${slot}: ${kept.get(slot)} counted, ${counts.get(slot)} made`);
      }
      this.tally.add(
        'honest presses counted',
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      );
    }
    const refused = await this.ledger.refused();
    if (refused !== this.refusals) throw new Error(`${this.refusals} refused, ${refused} of them counted`);
    await this.ledger.close();
  }

  // --- Drawing ---

  private draw(): Input {
    const { random, mutator } = this;
    const terminal = random.pick(this.honest);
    const dice = random.below(20);
    if (dice < 3) return this.whole(terminal.make());
    if (dice < 5) {
      // Out of step: some frames never leave, then the terminal is told and goes back.
      if (random.below(3) === 0) terminal.resume();
      else terminal.make();
    }
    const frame = terminal.kept.length > 0 ? random.pick(terminal.kept) : terminal.make();
    if (dice < 6) return this.whole(frame);
    if (dice < 12) return this.damaged(frame);
    if (dice < 14) return this.diverted(frame);
    if (dice < 18) return this.turncoat();
    const payload = mutator.noise(random.below(50) === 0 ? 70_000 : 200);
    return this.received(random.below(2) === 0 ? terminal.topic : this.topic(), payload);
  }

  private received(topic: string, payload: Uint8Array, whole: Frame | null = null): Input {
    return { topic, payload, receivedAt: this.nowMs as UnixMs, whole };
  }

  private whole(frame: Frame): Input {
    return this.received(frame.terminal.topic, frame.payload, frame);
  }

  private damaged(frame: Frame): Input {
    const payload = this.mutator.damage(frame.payload, this.payloads);
    // Damage can undo itself, or paste a whole frame of some time into another.
    const same = frame.terminal.kept.find((one) => Buffer.compare(one.payload, payload) === 0);
    return this.received(frame.terminal.topic, payload, same ?? null);
  }

  /** A whole frame where it does not belong. */
  private diverted({ terminal, payload }: Frame): Input {
    const others = this.honest.filter((one) => one !== terminal);
    switch (this.random.below(4)) {
      case 0:
        return this.received(topicOf(terminal.id, this.random.pick(['down', 'state'])), payload);
      case 1:
        return this.received(this.random.pick(others).topic, payload);
      case 2:
        return this.received(topicOf(this.random.pick(TURNCOAT_IDS), 'up'), payload);
      default: {
        const { topic } = terminal;
        const at = this.random.below(topic.length);
        const put = this.random.below(4) === 0 ? '' : this.random.pick(CHARACTERS);
        const changed = topic.slice(0, at) + put + topic.slice(at + this.random.below(2));
        return this.received(changed === topic ? '' : changed, payload);
      }
    }
  }

  /** Anything, under a seal that is right. */
  private turncoat(): Input {
    const id = this.random.pick(TURNCOAT_IDS);
    const source = this.contents.pick(this.random);
    const fresh = this.random.below(3) === 0;
    const content = fresh ? encode(this.turncoatMessage(id)) : this.mutator.damage(source, this.contents);
    const decoded = decode(content);
    const answer = decoded.kind === 'ok' ? decoded.message.kind : decoded.code;
    this.contents.learn(`${answer} ${content[0]} ${content[1]} ${content.length >> 4}`, content);
    const direction = this.random.below(4) === 0 ? 'state' : 'up';
    return this.received(topicOf(id, direction), seal(keyOf(id), direction, content));
  }

  private turncoatMessage(id = this.random.pick(TURNCOAT_IDS)): Message {
    const { random } = this;
    const message = drawMessage(random);
    const log = (1 + random.below(3)) as LogId;
    if (message.kind === 'gap') {
      const from = (1 + random.below(4000)) as Seq;
      return { ...message, terminal: id, log, from, to: (from + random.below(100)) as Seq };
    }
    const mine = { ...message, terminal: id, log };
    return mine.kind === 'batch' ? { ...mine, first: (1 + random.below(4000)) as Seq } : mine;
  }

  private topic(): string {
    return Array.from({ length: this.random.below(40) }, () => this.random.pick(CHARACTERS)).join('/');
  }

  // --- Judging ---

  private judge(group: readonly Input[], outcomes: readonly MessageOutcome[], replies: readonly Reply[]) {
    if (outcomes.length !== group.length) throw new Error('not one outcome a message');
    let answered = 0;
    group.forEach((input, i) => {
      const outcome = outcomes[i]!;
      this.tally.add(outcome.kind === 'rejected' ? `refused ${outcome.reason}` : outcome.kind);
      if (outcome.kind === 'rejected') this.refusals++;
      this.judgeOutcome(input, outcome);
      if (outcome.kind === 'rejected' || outcome.kind === 'state') return;
      this.judgeReply(input, outcome.committed, replies[answered++]);
    });
    if (answered !== replies.length) throw new Error(`${replies.length} replies to ${answered} frames`);
  }

  private judgeOutcome({ topic, payload, whole }: Input, outcome: MessageOutcome): void {
    const shown = () => `${JSON.stringify(topic)} ${Buffer.from(payload).toString('hex')}`;
    if (outcome.kind === 'rejected') {
      if (outcome.reason === 'internal_error') throw new Error(`internal error on ${shown()}`);
      if (whole !== null) throw new Error(`a whole frame was refused (${outcome.reason}): ${shown()}`);
      return;
    }
    if (whole !== null) {
      const due = whole.terminal.expect(whole);
      if (outcome.kind !== due) throw new Error(`${outcome.kind} instead of ${due}: ${shown()}`);
      const { log } = whole;
      if (outcome.kind === 'stored' || outcome.kind === 'duplicate' || outcome.kind === 'gap') {
        if (outcome.log === log && outcome.committed === whole.terminal.committed(log)) return;
      }
      throw new Error(`wrong watermark: ${shown()}`);
    }
    const named = parseTopic(topic);
    if (named === null || this.byId.has(named.terminal) || named.terminal !== outcome.terminal) {
      throw new Error(`what nobody sealed was taken as ${outcome.kind}: ${shown()}`);
    }
  }

  private judgeReply({ topic, payload }: Input, committed: number, reply: Reply | undefined): void {
    const terminal = parseTopic(topic)!.terminal;
    if (reply?.topic !== topicOf(terminal, 'down')) throw new Error('answered to the wrong topic');
    const opened = open(keyOf(terminal), 'down', reply.payload);
    const decoded = opened.kind === 'ok' ? decode(opened.content) : opened;
    if (decoded.kind !== 'ok' || decoded.message.kind !== 'ack') throw new Error('a bad acknowledgement');
    const { message } = decoded;
    const right = message.echo === echoOf(payload) && message.committed === committed;
    if (!right || message.terminal !== terminal) throw new Error('a wrong acknowledgement');
  }
}

export const counterOf = (terminal: TerminalId) => `c${terminalHex(terminal)}`;
