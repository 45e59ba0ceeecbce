/**
 * A terminal's power, as its board's calls see it: it can be set to go before any call to come, or
 * inside a storage write. What is set stays set while the terminal is off.
 */
import type { Cut } from './schedule.js';
import type { Tear } from './storage.js';

/** Thrown through the firmware; its instance is never entered again. */
export class PowerCut extends Error {}

export class Power {
  /** Bytes that are done of the write that the power is to interrupt; null: by chance. */
  tear: Tear = null;
  private armed: 'call' | 'storage' | null = null;
  private callsLeft = 0;

  arm(cut: Exclude<Cut, { where: 'now' }>): void {
    this.armed = cut.where;
    this.callsLeft = cut.calls;
    this.tear = cut.where === 'storage' ? (cut.tear ?? null) : null;
  }

  disarm(): void {
    this.armed = null;
  }

  /** Before a call of any other kind than storage. */
  call(): void {
    if (this.armed === 'call') this.count();
  }

  /** Before a storage call, or inside a write: for cuts in storage that is a place of its own. */
  storage(inside: boolean): void {
    if (this.armed === 'storage' || (this.armed === 'call' && !inside)) this.count();
  }

  private count(): void {
    if (--this.callsLeft > 0) return;
    this.armed = null;
    throw new PowerCut();
  }
}
