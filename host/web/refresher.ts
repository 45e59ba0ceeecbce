/**
 * Runs one refresh at a time, however often it is asked for: soon after the first asking, and never
 * closer together than the gap. What is asked for while a refresh runs is done by the next one, so
 * the last change is always shown.
 */
import type { Timers } from './live.js';

export class Refresher {
  private timer: number | null = null;
  private running = false;
  private wanted = false;
  private nextMs = 0;

  constructor(
    private readonly run: () => Promise<void>,
    private readonly timers: Timers,
    private readonly clock: () => number,
    /** Changes come in bursts; this long is waited for the rest of one. */
    private readonly settleMs: number,
    private readonly gapMs: number,
  ) {}

  ask(): void {
    if (this.running) {
      this.wanted = true;
    } else if (this.timer === null) {
      const delayMs = Math.max(this.settleMs, this.nextMs - this.clock());
      // A clock set back must not hold refreshes up.
      this.timer = this.timers.start(() => void this.start(), Math.min(delayMs, this.gapMs));
    }
  }

  /** Refreshes without waiting, as when a person asked. */
  async now(): Promise<void> {
    if (this.running) this.wanted = true;
    else await this.start();
  }

  private async start(): Promise<void> {
    if (this.timer !== null) this.timers.stop(this.timer);
    this.timer = null;
    this.running = true;
    this.wanted = false;
    await this.run();
    this.running = false;
    this.nextMs = this.clock() + this.gapMs;
    if (this.wanted) this.ask();
  }
}
