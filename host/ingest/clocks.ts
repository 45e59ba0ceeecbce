/**
 * Boot clocks of one group: what is known of each boot, read once and improved by each batch that is
 * taken. Duplicates improve nothing: clocks depend on kept frames alone, so that they can be rebuilt.
 */
import type { Batch, LogId, TerminalId } from '../../protocol/messages.js';
import type { UnixMs } from '../instant.js';
import type { Books, ChangedClock } from './books.js';
import { type BootClock, bound, heard, type Reading } from './clock.js';

export class Clocks {
  readonly changed = new Map<string, ChangedClock>();

  constructor(private readonly books: Books) {}

  /** Takes the batch's sent time as an observation; returns the clock of the batch's own events. */
  read(batch: Batch, receivedAt: UnixMs, knownEventAt: UnixMs | null): Reading {
    const { sent } = batch;
    if (typeof sent === 'number') {
      const { clock, trusted } = this.running(batch, batch.boot, batch.base + sent, receivedAt);
      if (trusted) return { clock, quality: 'exact', notBefore: 0, notAfter: receivedAt };
      return { clock, quality: 'bounded', notBefore: knownEventAt ?? 0, notAfter: receivedAt };
    }
    const running = this.running(batch, sent.boot, sent.uptime, receivedAt).clock;
    let lastUptime: number = batch.base;
    for (const event of batch.events) lastUptime += event.delta;
    const before = this.get(batch.terminal, batch.log, batch.boot);
    const facts = { runningStartMs: running.offsetMs, lastUptime, knownEventAt };
    const clock = this.keep(batch, batch.boot, before, bound(before, facts));
    const { quality, track } = clock;
    // Events are in the order of their numbers: none is before one whose time is known.
    const notBefore = quality === 'bounded' ? (knownEventAt ?? 0) : 0;
    // The boot was over when the next one began, and not before the last that was heard of it.
    const heardAt = track === null ? notBefore : track.anchors.at(-1)![1];
    return { clock, quality, notBefore, notAfter: Math.min(receivedAt, Math.max(heardAt, running.offsetMs)) };
  }

  private running(batch: Batch, boot: number, uptime: number, receivedAt: UnixMs) {
    const before = this.get(batch.terminal, batch.log, boot);
    const { clock, trusted } = heard(before, receivedAt, uptime);
    return { clock: this.keep(batch, boot, before, clock), trusted };
  }

  private get(terminal: TerminalId, log: LogId, boot: number): BootClock | undefined {
    const changed = this.changed.get(`${terminal} ${log} ${boot}`);
    return changed !== undefined ? changed.clock : this.books.clock(terminal, log, boot);
  }

  private keep(batch: Batch, boot: number, before: BootClock | undefined, clock: BootClock): BootClock {
    if (clock !== before) {
      const { terminal, log } = batch;
      this.changed.set(`${terminal} ${log} ${boot}`, { terminal, log, boot, clock });
    }
    return clock;
  }
}
