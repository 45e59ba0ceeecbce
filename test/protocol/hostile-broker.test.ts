/**
 * Two real terminals (the compiled firmware) and the real host (ingest on SQLite) with a broker
 * between them that loses, delays, repeats, reorders, damages, reflects and diverts whatever passes,
 * replays anything it has ever seen, and cuts connections, while terminals and host restart. When it
 * stops, the tally must be the presses that were thanked for. One seed is one world.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Ingest, type Received } from '../../host/ingest/ingest.js';
import type { UnixHour, UnixMs } from '../../host/instant.js';
import { openStore, type SqliteStore } from '../../host/store/sqlite/store.js';
import { decode, encode } from '../../protocol/codec.js';
import type { Seq, TerminalId } from '../../protocol/messages.js';
import { open, seal } from '../../protocol/seal.js';
import { parseTopic, topicOf } from '../../protocol/topic.js';
import { Rig } from '../firmware/rig.js';
import { Random } from './random.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const START = Date.UTC(2026, 0, 5, 1, 0, 0);
const STEPS = 250;
/** Settings and four pairs, the least a terminal starts with: each restart opens one, so it overflows. */
const BLOCKS_MIN = 10;
const QUIET_MS = 700_000; // more than twice the longest wait before a terminal sends again

const NONE = [0, 0, 0, 0, 0, 0];

type Sent = { readonly topic: string; readonly payload: Uint8Array };
type Reply = (messages: readonly Received[]) => Promise<readonly Sent[]>;
type Host = {
  reply: Reply;
  restart(): Promise<void>;
  ratings(): Promise<number[]>;
  /** Terminal's totals less the host's, each log. */
  differences(): Promise<(readonly number[] | null)[]>;
  close(): Promise<void>;
};

class Terminal {
  readonly key: Uint8Array;
  readonly rig: Rig;
  /** Presses thanked for, by level. */
  readonly pressed = [0, 0, 0, 0, 0];
  private taken = 0;

  constructor(
    readonly id: TerminalId,
    blocks: number,
  ) {
    this.key = Uint8Array.from({ length: 32 }, (_, i) => i ^ (id & 255));
    this.rig = new Rig({ blocks, settings: { terminal: id, key: this.key, lockoutMs: 3000 } });
    this.rig.acknowledges = false;
    this.rig.entropyByte = id & 255;
    this.rig.goOnline();
  }

  press(level: number): void {
    this.rig.skip(3100); // past the lock-out
    this.rig.press(level - 1);
    this.pressed[level - 1]!++;
  }

  /** What was published since the last call, own retained states included. */
  published(): Sent[] {
    const all = this.rig.published.slice(this.taken);
    this.taken = this.rig.published.length;
    return all;
  }
}

class Broker {
  private readonly seen: Sent[] = [];
  private late: Sent[] = [];
  /** Messages still to lose, all of them: a line that is down. */
  private dark = 0;
  constructor(
    private readonly random: Random,
    private readonly terminals: readonly Terminal[],
    private readonly host: Host,
  ) {}

  /** Carries what there is: badly while hostile, faithfully once not. */
  async carry(hostile: boolean): Promise<number> {
    const fresh = this.terminals.flatMap((terminal) => terminal.published());
    const up = hostile ? this.mangle(fresh) : fresh;
    const now = (START + Math.max(...this.terminals.map(({ rig }) => rig.nowMs))) as UnixMs;
    const replies = await this.host.reply(up.map((message) => ({ ...message, receivedAt: now })));
    for (const message of hostile ? this.mangle(replies) : replies) this.deliver(message);
    return fresh.length;
  }

  private deliver({ topic, payload }: Sent): void {
    for (const { id, rig } of this.terminals) {
      if (topic === topicOf(id, 'down')) {
        rig.link.deliver(topic, payload);
        rig.run(10);
      }
    }
  }

  private mangle(fresh: readonly Sent[]): Sent[] {
    const { random } = this;
    const out: Sent[] = [];
    for (const message of [...fresh, ...this.late.splice(0, random.below(4))]) {
      this.seen.push(message);
      if (this.dark === 0 && random.below(60) === 0) this.dark = random.below(80);
      if (this.dark > 0) this.dark--;
      if (this.dark > 0) continue;
      const fate = random.below(10);
      if (fate < 3) continue;
      if (fate < 5) this.late.push(message);
      else out.push(message);
      if (fate === 9) out.push(message);
    }
    for (let extra = random.below(4); extra > 0 && this.seen.length > 0; extra--) {
      out.push(this.twist(random.pick(this.seen)));
    }
    for (let i = out.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }

  /** An old message again: as it was, damaged, or where it does not belong. */
  private twist(message: Sent): Sent {
    const { random } = this;
    const payload = Uint8Array.from(message.payload);
    switch (random.below(5)) {
      case 0:
        payload[random.below(payload.length)]! ^= 1 << random.below(8);
        return { topic: message.topic, payload };
      case 1:
        return { topic: message.topic, payload: payload.subarray(0, random.below(payload.length)) };
      case 2:
        return {
          topic: topicOf(random.pick(this.terminals).id, random.pick(['up', 'down', 'state'])),
          payload,
        };
      default:
        return message;
    }
  }
}

async function realHost(folder: string, terminals: readonly Terminal[]): Promise<Host> {
  let store: SqliteStore = openStore(folder);
  const keys = terminals.map(({ id, key }) => ({ id, key }));
  await store.changeRegistry({ title: null, places: [], terminals: keys, assignments: [] });
  let ingest = new Ingest({ store });
  return {
    reply: async (messages) => (await ingest.receive(messages)).replies,
    restart: async () => {
      await store.close();
      store = openStore(folder);
      ingest = new Ingest({ store });
    },
    ratings: async () => {
      const counts = [0, 0, 0, 0, 0];
      for (const row of await store.tallies({ from: 0 as UnixHour, to: 1_000_000 as UnixHour })) {
        if (row.scale > 0) counts[row.level - 1]! += row.count;
      }
      return counts;
    },
    differences: async () => (await store.terminalBooks()).map(({ difference }) => difference),
    close: () => store.close(),
  };
}

/** A host as one writes it at first: it counts what verifies. The broker must show that up. */
function naiveHost(terminals: readonly Terminal[]): Host {
  const counts = [0, 0, 0, 0, 0];
  const reply: Reply = async (messages) =>
    messages.flatMap(({ topic, payload }) => {
      const parsed = parseTopic(topic);
      const terminal = terminals.find(({ id }) => id === parsed?.terminal);
      if (terminal === undefined || parsed?.direction !== 'up') return [];
      const opened = open(terminal.key, 'up', payload);
      const decoded = opened.kind === 'ok' ? decode(opened.content) : opened;
      if (opened.kind !== 'ok' || decoded.kind !== 'ok' || decoded.message.kind !== 'batch') return [];
      const { log, first, events } = decoded.message;
      for (const event of events) if (event.kind === 'rating') counts[event.level - 1]!++;
      const committed = (first + events.length - 1) as Seq;
      const ack = encode({ kind: 'ack', terminal: terminal.id, log, committed, echo: opened.echo });
      return [{ topic: topicOf(terminal.id, 'down'), payload: seal(terminal.key, 'down', ack) }];
    });
  return {
    reply,
    restart: async () => {},
    ratings: async () => counts,
    differences: async () => [],
    close: async () => {},
  };
}

async function live(seed: number, terminals: readonly Terminal[], host: Host): Promise<void> {
  const random = new Random(seed);
  const broker = new Broker(random, terminals, host);
  for (let step = 0; step < STEPS; step++) {
    const terminal = random.pick(terminals);
    const dice = random.below(20);
    if (dice < 9) terminal.press(1 + random.below(5));
    else if (dice === 9) terminal.rig.restart();
    else if (dice === 10) terminal.rig.link.hangUp();
    else if (dice === 11) await host.restart();
    else terminal.rig.skip(random.below(30_000));
    await broker.carry(true);
  }
  for (let quiet = 0; quiet < QUIET_MS; quiet += 1000) {
    for (const { rig } of terminals) rig.skip(1000);
    if ((await broker.carry(false)) > 0) quiet = 0;
  }
}

const newTerminals = () => [
  new Terminal(0x2a1c0b07 as TerminalId, BLOCKS_MIN),
  new Terminal(0x2a1c0b17 as TerminalId, 64),
];

function thanked(terminals: readonly Terminal[]): number[] {
  return [0, 1, 2, 3, 4].map((level) => terminals.reduce((sum, { pressed }) => sum + pressed[level]!, 0));
}

/** Events counted only, as the terminal's frames declare them. */
function overflowed({ id, key, rig }: Terminal): number {
  let lost = 0;
  for (const { topic, payload } of rig.published) {
    const opened = topic === topicOf(id, 'up') ? open(key, 'up', payload) : null;
    const decoded = opened?.kind === 'ok' ? decode(opened.content) : null;
    if (decoded?.kind !== 'ok' || decoded.message.kind !== 'batch') continue;
    for (const event of decoded.message.events) if (event.kind === 'overflow') lost += event.lost;
  }
  return lost;
}

describe('a hostile broker', () => {
  let overflows = 0;

  test.each([1, 2, 3, 4, 5, 6])('seed %i: every press is in the tally exactly once', async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    const terminals = newTerminals();
    const host = await realHost(folder, terminals);
    try {
      await live(seed, terminals, host);
      expect(thanked(terminals).reduce((sum, count) => sum + count)).toBeGreaterThan(STEPS / 4);
      expect(await host.ratings()).toEqual(thanked(terminals));
      expect(await host.differences()).toEqual([NONE, NONE]);
      overflows += overflowed(terminals[0]!);
    } finally {
      await host.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('kept a line down for so long that a log overflowed', () => {
    expect(overflows).toBeGreaterThan(0);
  });

  test('is hostile enough: a host that counts what verifies counts wrongly', async () => {
    const terminals = newTerminals();
    const host = naiveHost(terminals);
    await live(1, terminals, host);
    expect(await host.ratings()).not.toEqual(thanked(terminals));
  });
});
