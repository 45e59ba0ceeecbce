/** Seeded randomness for the property and mutation tests, and messages drawn with it. */
import * as k from '../../protocol/constants.js';
import type { Event, LogId, Message, Seq, TerminalId, Totals, UptimeCs } from '../../protocol/messages.js';

export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** In [min, max], with every encoded width and every edge likely. */
  uint(min: number, max: number): number {
    const edges = [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 40 - 1, min, max];
    if (this.below(2) === 0) {
      const edge = this.pick(edges);
      if (edge >= min && edge <= max) return edge;
    }
    const wide = (this.next() * 2 ** 21 + this.below(2 ** 21)) % 2 ** this.below(41);
    return min + (wide % (max - min + 1));
  }
}

export function drawMessage(random: Random): Message {
  const terminal = random.uint(0, k.U32_MAX) as TerminalId;
  const log = random.uint(1, k.U32_MAX) as LogId;
  const u32 = (min = 0) => random.uint(min, k.U32_MAX);
  switch (random.below(5)) {
    case 0: {
      const from = u32(1) as Seq;
      return { kind: 'gap', terminal, log, from, to: random.uint(from, k.U32_MAX) as Seq };
    }
    case 1:
      return { kind: 'state', terminal, log, boot: u32(1), session: u32(1), online: random.below(2) === 1 };
    case 2:
      return { kind: 'ack', terminal, log, committed: u32() as Seq, echo: u32() };
    default:
      return drawBatch(random, terminal, log);
  }
}

function drawBatch(random: Random, terminal: TerminalId, log: LogId): Message {
  const uptime = () => random.uint(0, k.UPTIME_CS_MAX) as UptimeCs;
  // Ten events of any kind always fit; more only of short kinds, as a terminal would stop in time.
  const count = random.uint(1, 10);
  const events = Array.from({ length: count }, () => drawEvent(random));
  const boot = random.uint(1, k.U32_MAX - 1);
  const later = () => ({ boot: random.uint(boot + 1, k.U32_MAX), uptime: uptime() });
  const sent = random.below(2) === 0 ? uptime() : later();
  const first = random.uint(1, k.U32_MAX - count + 1) as Seq;
  return { kind: 'batch', terminal, log, boot, first, base: uptime(), sent, events };
}

export function drawEvent(random: Random): Event {
  const delta = random.uint(0, k.UPTIME_CS_MAX);
  const u32 = (min = 0) => random.uint(min, k.U32_MAX);
  const scale = random.uint(k.LEVELS_MIN, k.LEVELS_MAX);
  const totals = (): Totals => [u32(), u32(), u32(), u32(), u32(), u32()];
  switch (random.below(5)) {
    case 0:
      return { delta, kind: 'boot', firmware: u32(), cause: random.uint(0, k.CAUSE_MAX), levels: scale };
    case 1:
      return { delta, kind: 'suppressed', reason: random.uint(1, k.SUPPRESSED_MAX), count: u32(1) };
    case 2:
      return { delta, kind: 'totals', totals: totals() };
    case 3: {
      const span = random.uint(0, k.UPTIME_CS_MAX);
      return { delta, kind: 'overflow', span, lost: u32(1), scale, totals: totals() };
    }
    default:
      return { delta, kind: 'rating', scale, level: random.uint(1, scale) };
  }
}
