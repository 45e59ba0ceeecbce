/**
 * Boot clocks of one group: what is known of each boot, read once and improved by each message.
 */
import type { Batch, LogId, TerminalId } from '../../protocol/messages.js';
import type { UnixMs } from '../instant.js';
import type { Books, ChangedClock } from './books.js';
import { type BootClock, bound, observe } from './clock.js';

export class Clocks {
  readonly changed = new Map<string, ChangedClock>();

  constructor(private readonly books: Books) {}

  /** Takes a batch's sent time as an observation of the boot that runs; returns that boot's clock. */
  running(batch: Batch, receivedAt: UnixMs): BootClock {
    const { sent } = batch;
    const [boot, uptime] =
      typeof sent === 'number' ? [batch.boot, batch.base + sent] : [sent.boot, sent.uptime];
    const before = this.get(batch.terminal, batch.log, boot);
    return this.keep(batch, boot, before, observe(before, receivedAt, uptime));
  }

  /** The clock of the boot in which the batch's events happened. */
  ofEvents(batch: Batch, receivedAt: UnixMs, knownEventAt: UnixMs | null): BootClock {
    const running = this.running(batch, receivedAt);
    if (typeof batch.sent === 'number') return running;
    let lastUptime: number = batch.base;
    for (const event of batch.events) lastUptime += event.delta;
    const before = this.get(batch.terminal, batch.log, batch.boot);
    const facts = { runningStartMs: running.offsetMs, lastUptime, knownEventAt };
    return this.keep(batch, batch.boot, before, bound(before, facts));
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
