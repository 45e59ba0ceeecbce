/**
 * A random history of a few terminals, through the real ingest into a real store: batches of any size,
 * resends, gaps, full logs, restarts that were and were not seen, formatted storage, wrong uptimes, late
 * messages, new keys, moves of today and of last week. One seed gives one history.
 */
import { Ingest } from '../../host/ingest/ingest.js';
import { loadRegistry } from '../../host/registry/registry.js';
import type { Store } from '../../host/store/store.js';
import { Zone } from '../../host/zone.js';
import type { Batch, Event, Gap, Message } from '../../protocol/messages.js';
import { at, cs, rating, registryOf, seq, suppressed, TestTerminal, totals, unix } from './terminal.js';

const zone = new Zone('Asia/Ho_Chi_Minh');
const START = unix('2026-03-02T01:00:00Z');
const HOUR_MS = 3_600_000;

class Walker {
  boot = 1;
  runs = 1;
  next = 1;
  bootedAt: number = START - HOUR_MS;
  sent: { message: Batch | Gap; at: number }[] = [];
  constructor(public terminal: TestTerminal) {}
}

export class History {
  readonly terminals = [new TestTerminal(0xa1), new TestTerminal(0xb2), new TestTerminal(0xc3)];
  private readonly walkers = this.terminals.map((terminal) => new Walker(terminal));
  private readonly ingest: Ingest;
  private now: number = START;
  private logs = 0x9000;

  constructor(
    private readonly store: Store,
    private seed: number,
  ) {
    this.ingest = new Ingest({ store });
  }

  async make(groups: number): Promise<void> {
    await loadRegistry(this.store, registryOf(this.terminals), zone);
    for (let i = 0; i < groups; i++) {
      this.now += this.below(4) === 0 ? this.below(40 * HOUR_MS) : this.below(60_000);
      if (this.below(12) === 0) await this.move();
      if (this.below(40) === 0) await this.rekey();
      const messages = Array.from({ length: 1 + this.below(6) }, () => {
        const walker = this.walkers[this.below(this.walkers.length)]!;
        const receivedAt = at(this.now + this.below(this.below(20) === 0 ? 4 * HOUR_MS : 300));
        return walker.terminal.received(this.message(walker), receivedAt);
      });
      await this.ingest.receive(messages);
    }
  }

  private message(walker: Walker): Message {
    const dice = this.below(100);
    const resend = walker.sent.at(-1 - this.below(3));
    // A resend tells its time anew, sometimes better than the first copy did.
    if (dice < 25 && resend !== undefined) return this.again(walker, resend.message);
    if (dice < 30) return this.gap(walker);
    if (dice < 34) this.restart(walker, this.below(3));
    if (dice === 34) this.format(walker);
    const batch = this.batch(walker);
    walker.sent.push({ message: batch, at: this.now });
    walker.next = batch.first + batch.events.length;
    return batch;
  }

  private uptime(walker: Walker, atMs = this.now): number {
    return Math.max(0, Math.floor((atMs - walker.bootedAt) / 1.00008 / 10));
  }

  private batch(walker: Walker): Batch {
    const events = Array.from({ length: 1 + this.below(12) }, () => this.event());
    const span = events.reduce((sum, { delta }) => sum + delta, 0);
    const uptime = this.uptime(walker);
    const base = cs(Math.max(0, uptime - span - this.below(2_000)));
    const wrong = this.below(60) === 0 ? this.below(9_000_000) : 0;
    // Now and then it begins with numbers that were sent before, or leaves some out.
    const first = Math.max(1, walker.next - (this.below(10) === 0 ? this.below(4) : 0));
    const skipped = this.below(30) === 0 ? 3 : 0;
    const sent =
      walker.runs === walker.boot ? span + 20 + wrong : { boot: walker.runs, uptime: cs(uptime + wrong) };
    const { boot } = walker;
    if (walker.runs !== walker.boot && this.below(3) === 0) walker.boot = walker.runs;
    return walker.terminal.batch(first + skipped, events, { boot, base, sent });
  }

  private event(): Event {
    const dice = this.below(40);
    const delta = this.below(3) === 0 ? this.below(200_000) : this.below(500);
    const six = () => [0, 1, 2, 3, 4, 5].map(() => this.below(9));
    if (dice === 0) return totals(...six());
    if (dice === 1) {
      return {
        delta,
        kind: 'overflow',
        span: 900,
        lost: 9,
        scale: 3,
        totals: six() as [number, number, number, number, number, number],
      };
    }
    if (dice < 5) return suppressed(1 + this.below(4), 1 + this.below(2), delta);
    return rating(1 + this.below(3), delta, 3 + this.below(3));
  }

  private again(walker: Walker, message: Batch | Gap): Message {
    if (message.kind === 'gap' || typeof message.sent !== 'number') return message;
    const sent = Math.max(message.sent, this.uptime(walker) - message.base);
    return { ...message, sent };
  }

  private gap(walker: Walker): Gap {
    const { id, log } = walker.terminal;
    const from = walker.next;
    walker.next += 1 + this.below(20);
    const gap: Gap = { kind: 'gap', terminal: id, log, from: seq(from), to: seq(walker.next - 1) };
    walker.sent.push({ message: gap, at: this.now });
    return gap;
  }

  /** Some boots pass without the host ever hearing them: their events come with a later boot's sent. */
  private restart(walker: Walker, unseen: number): void {
    walker.runs += 1 + unseen;
    walker.boot = walker.runs - unseen;
    walker.bootedAt = this.now - this.below(60_000);
  }

  private format(walker: Walker): void {
    const { key } = walker.terminal;
    const formatted = Object.assign(new TestTerminal(walker.terminal.id, this.logs++), { key });
    Object.assign(walker, new Walker(formatted), { bootedAt: this.now - 5_000 });
  }

  private async move(): Promise<void> {
    const { terminal } = this.walkers[this.below(this.walkers.length)]!;
    const back = this.below(2) === 0 ? 0 : this.below(200 * HOUR_MS);
    const entry = {
      id: terminal.hex,
      key: Buffer.from(terminal.key).toString('hex'),
      counter: `office-${1 + this.below(3)}.1`,
      from: new Date(this.now - back).toISOString(),
    };
    await loadRegistry(this.store, { places: [], terminals: [entry] }, zone);
  }

  private async rekey(): Promise<void> {
    const { terminal } = this.walkers[this.below(this.walkers.length)]!;
    const key = Uint8Array.from({ length: 32 }, () => this.below(256));
    Object.assign(terminal, { key });
    const entry = { id: terminal.hex, key: Buffer.from(key).toString('hex') };
    await loadRegistry(this.store, { places: [], terminals: [entry] }, zone);
  }

  private below(limit: number): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * limit);
  }
}
