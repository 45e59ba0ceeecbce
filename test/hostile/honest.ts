/**
 * An honest terminal as ingest sees it, and what the host must have counted of it: the watermark and
 * the ratings of exactly those frames that were delivered whole, in order, each once.
 */
import { SLOT_STRIDE } from '../../host/ingest/books.js';
import { encode } from '../../protocol/codec.js';
import type { Event, LogId, Seq, TerminalId, UptimeCs } from '../../protocol/messages.js';
import { seal } from '../../protocol/seal.js';
import { topicOf } from '../../protocol/topic.js';
import type { Random } from '../protocol/random.js';

/** Frames kept to be replayed, held back or damaged later. */
const KEPT_MAX = 64;
/** Events of a log before the storage is formatted and a new one begins. */
const LOG_EVENTS_MAX = 20_000;

export type Frame = {
  readonly terminal: Honest;
  readonly log: LogId;
  readonly payload: Uint8Array;
  readonly first: number;
  readonly last: number;
  readonly events: readonly Event[];
};

export class Honest {
  readonly kept: Frame[] = [];
  readonly topic: string;
  /** What the host must have counted, by slot. */
  readonly counts = new Map<number, number>();
  private readonly watermarks = new Map<LogId, number>();
  private log = 1 as LogId;
  private next = 1;
  private uptime = 0;

  constructor(
    readonly id: TerminalId,
    readonly key: Uint8Array,
    private readonly random: Random,
  ) {
    this.topic = topicOf(id, 'up');
  }

  /** The next frame of its log. Not always delivered: then those behind it are a gap to the host. */
  make(): Frame {
    const { random } = this;
    if (this.next > LOG_EVENTS_MAX) this.format();
    const events = Array.from({ length: 1 + random.below(12) }, () => plainEvent(random));
    const span = events.reduce((sum, { delta }) => sum + delta, 0);
    const first = this.next as Seq;
    const base = this.uptime as UptimeCs;
    const content = encode({
      kind: 'batch',
      terminal: this.id,
      log: this.log,
      boot: 1,
      first,
      base,
      sent: span,
      events,
    });
    const payload = seal(this.key, 'up', content);
    const last = first + events.length - 1;
    const frame = { terminal: this, log: this.log, payload, first, last, events };
    this.next = last + 1;
    this.uptime += span;
    this.kept.push(frame);
    if (this.kept.length > KEPT_MAX) this.kept.shift();
    return frame;
  }

  /** Goes back to what the host has, as a terminal does that is told of a gap. */
  resume(): void {
    this.next = this.committed(this.log) + 1;
  }

  committed(log: LogId): number {
    return this.watermarks.get(log) ?? 0;
  }

  /** The host has this whole frame before it: what must come of it. */
  expect({ log, first, last, events }: Frame): 'stored' | 'duplicate' | 'gap' {
    const committed = this.committed(log);
    if (first > committed + 1) return 'gap';
    if (last <= committed) return 'duplicate';
    events.slice(committed + 1 - first).forEach((event) => {
      if (event.kind === 'rating') this.count(event.scale * SLOT_STRIDE + event.level, 1);
      else if (event.kind === 'suppressed') this.count(event.reason, event.count);
    });
    this.watermarks.set(log, last);
    return 'stored';
  }

  private count(slot: number, more: number): void {
    this.counts.set(slot, (this.counts.get(slot) ?? 0) + more);
  }

  private format(): void {
    this.log = (this.log + 1) as LogId;
    this.next = 1;
    this.uptime = 0;
    this.kept.length = 0;
    for (const log of this.watermarks.keys()) if (log < this.log - 1) this.watermarks.delete(log);
  }
}

function plainEvent(random: Random): Event {
  const delta = random.below(3000);
  if (random.below(8) === 0) {
    return { delta, kind: 'suppressed', reason: 1 + random.below(2), count: 1 + random.below(9) };
  }
  return { delta, kind: 'rating', scale: 5, level: 1 + random.below(5) };
}
