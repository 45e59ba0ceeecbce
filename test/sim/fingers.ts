/** Fingers on a terminal's buttons, and contacts that bounce when one comes or goes. */
import type { Random } from '../protocol/random.js';
import type { Press } from './schedule.js';

type Finger = {
  readonly button: number;
  readonly from: number;
  readonly to: number;
  readonly bounceMs: number;
};

export class Fingers {
  private down: Finger[] = [];

  constructor(private readonly random: Random) {}

  press({ button, heldMs, bounceMs }: Omit<Press, 'at' | 'terminal'>, now: number): void {
    this.down.push({ button, from: now, to: now + heldMs, bounceMs });
  }

  /** What the contacts say: bit n for button n. */
  mask(now: number): number {
    let mask = 0;
    for (const { button, from, to, bounceMs } of this.down) {
      const bouncing = now < from + bounceMs || (now >= to && now < to + bounceMs);
      const closed = bouncing ? this.random.below(2) === 0 : now < to;
      if (closed) mask |= 1 << button;
    }
    return mask;
  }

  /** Levels of the faces that a finger is on. */
  faces(now: number, levels: number): number[] {
    return this.down
      .filter(({ button, from, to, bounceMs }) => button < levels && from <= now && now <= to + bounceMs)
      .map(({ button }) => button + 1);
  }

  /** Forgets fingers long gone. */
  forget(now: number): void {
    if (this.down.length > 0) this.down = this.down.filter(({ to, bounceMs }) => to + bounceMs >= now);
  }

  lift(): void {
    this.down = [];
  }
}
