/**
 * A terminal in its world: the compiled firmware on a board whose power can go between any two of its
 * calls, whose clock drifts and wraps, whose buttons bounce and stick. It reports what a citizen sees,
 * the thank-you lamp, and nothing that the firmware claims.
 *
 * Ticks come every 5 ms while a finger or a message is at work, then ever more rarely.
 */
import {
  type Board,
  LIGHT_FAULT,
  LIGHT_THANKS,
  type Link,
  PORT_NETWORK,
  powerOn,
  type Terminal,
} from '../../firmware/boards/board.js';
import { provision } from '../../firmware/boards/settings.js';
import type { LogId, TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';
import { Random } from '../protocol/random.js';
import type { Counts } from './counts.js';
import type { Events } from './events.js';
import { readTail } from './log-image.js';
import { Line, type Network } from './network.js';
import { type Account, type Oracle, Violation } from './oracle.js';
import type { Cut, Press, TerminalPlan } from './schedule.js';
import { FaultyStorage, NO_REFUSALS, type StorageCall, type Tear } from './storage.js';

const TICK_MS = 5;
/** How long ticks stay close after a button moved: four samples make a press. */
const QUICK_MS = 45;
const IDLE_MS_MAX = 300_000;
/** When everything works and what is left is to be said. */
const RESTING_MS_MAX = 60_000;
const MEMORY_BYTES = 65_536;
/** When a technician looks at a terminal that has lost its settings. */
const TECHNICIAN_MS = 600_000;
const E_UNPROVISIONED = -5;

class PowerCut extends Error {}

type Finger = {
  readonly button: number;
  readonly from: number;
  readonly to: number;
  readonly bounceMs: number;
};

export type TerminalOptions = {
  readonly id: TerminalId;
  readonly key: Uint8Array;
  readonly plan: TerminalPlan;
  readonly seed: number;
  readonly firmware: WebAssembly.Module;
  readonly events: Events;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly counts: Counts;
  readonly trace: (line: () => string) => void;
};

export class SimTerminal implements Board {
  readonly storage: FaultyStorage;
  readonly line: Line;
  /** How the next cut inside a write leaves it; null: by chance. */
  private tear: Tear = null;
  private readonly random: Random;
  private wasm: Terminal | null = null;
  private account: Account | null = null;
  private armed: Cut | null = null;
  private callsLeft = 0;
  private offMs = 0;
  private poweredAt = 0;
  private startMs = 0;
  private lamps = 0;
  /** It has power and could not start yet: it goes on trying. */
  private starting = false;
  private thankedThisTick = false;
  private fingers: Finger[] = [];
  /** Faces of presses whose write was refused: one of them may yet turn out to be there. */
  private refusedFaces: number[] = [];
  private step = TICK_MS;
  private quickUntil = 0;
  private nextTickAt = Number.POSITIVE_INFINITY;
  private idleMsMax = IDLE_MS_MAX;
  /** Counts power-ons and cuts, so that what was planned for one does not reach the next. */
  private life = 0;

  constructor(private readonly options: TerminalOptions) {
    this.random = new Random(options.seed);
    this.storage = new FaultyStorage(options.plan.blocks, this.random);
    this.storage.gate = (_, inside) => this.gate(true, inside);
    this.line = new Line(options.network, (stirs) => (stirs ? this.wake() : this.plan(TICK_MS)));
    this.startMs = options.plan.startMs;
    this.provision();
  }

  get id(): TerminalId {
    return this.options.id;
  }

  get powered(): boolean {
    return this.wasm !== null;
  }

  // --- What happens to it ---

  powerUp(): void {
    if (this.wasm !== null) return;
    const { options } = this;
    this.noteDecay();
    this.life++;
    this.poweredAt = options.events.now;
    this.lamps = 0;
    this.refusedFaces = [];
    options.counts.boots++;
    const status = this.run(() => {
      this.wasm = powerOn(options.firmware, this);
      return this.wasm.boot();
    });
    if (status === null) return;
    options.trace(() => `${this.name} boots: ${status}`);
    this.starting = status < 0;
    if (!this.starting) this.openAccount();
    if (status === E_UNPROVISIONED) options.events.after(TECHNICIAN_MS, () => this.provision());
    this.wake();
  }

  /** The power goes at once, or is set to go in the middle of what comes. */
  arm(cut: Cut, offMs: number): void {
    if (cut.where === 'now' && this.wasm === null) return;
    this.offMs = offMs;
    if (cut.where === 'now') this.lose();
    else {
      this.armed = cut;
      this.callsLeft = cut.calls;
      this.tear = cut.where === 'storage' ? (cut.tear ?? null) : null;
    }
  }

  disarm(): void {
    this.armed = null;
  }

  press({ button, heldMs, bounceMs }: Omit<Press, 'at' | 'terminal'>): void {
    const { events, counts } = this.options;
    counts.presses++;
    this.fingers.push({ button, from: events.now, to: events.now + heldMs, bounceMs });
    this.stir();
    events.after(heldMs, () => this.stir());
  }

  /** Another medium is put in, provisioned like the old one. */
  replaceStorage(): void {
    const { powered } = this;
    if (powered) this.lose(false);
    if (this.account !== null) this.account.abandoned = true;
    this.account = null;
    this.storage.replace();
    this.provision();
    this.options.events.after(1000, () => this.powerUp());
  }

  /** Fingers off, nothing refused, power on: whatever is left can now be said. */
  heal(): void {
    this.disarm();
    this.storage.refusals = NO_REFUSALS;
    this.fingers = [];
    this.line.cut = false;
    this.idleMsMax = RESTING_MS_MAX;
    this.step = TICK_MS;
    if (this.wasm === null) this.powerUp();
    else this.wake();
  }

  /** Switched off and on: what it knows now is what its storage says. */
  restartAtRest(): void {
    if (this.wasm === null) return;
    this.doubt(this.refusedFaces);
    this.storage.cut(null);
    this.powerDown(1000);
  }

  /** What its storage holds: the log, and the number of the next event. */
  last(): { terminal: TerminalId; log: LogId; next: number } | null {
    const tail = readTail(this.storage.visible(), this.options.plan.blocks);
    return tail === null
      ? null
      : { terminal: this.id, log: tail.log as LogId, next: tail.first + tail.count };
  }

  checkMemory(): void {
    const bytes = this.wasm?.memory.buffer.byteLength ?? MEMORY_BYTES;
    if (bytes !== MEMORY_BYTES) throw new Violation('memory_grew', `${this.name}: ${bytes} bytes`);
  }

  // --- The board ---

  millis(): number {
    this.gate(false, false);
    const { events, plan } = this.options;
    const since = (events.now - this.poweredAt) * (1 + plan.ppm / 1_000_000);
    return Math.floor(this.startMs + since) >>> 0;
  }

  buttons(): number {
    this.gate(false, false);
    const { now } = this.options.events;
    let mask = 0;
    for (const { button, from, to, bounceMs } of this.fingers) {
      const bouncing = now < from + bounceMs || (now >= to && now < to + bounceMs);
      const down = bouncing ? this.random.below(2) === 0 : now < to;
      if (down) mask |= 1 << button;
    }
    return mask;
  }

  lights(mask: number): void {
    this.gate(false, false);
    if ((mask & LIGHT_THANKS) !== 0 && (this.lamps & LIGHT_THANKS) === 0) this.thank(mask);
    this.lamps = mask;
    if (!this.starting || (mask & LIGHT_FAULT) !== 0) return;
    this.starting = false;
    this.openAccount();
  }

  display(): void {
    this.gate(false, false);
  }

  port(port: number): Link | undefined {
    this.gate(false, false);
    return port === PORT_NETWORK ? this.line : undefined;
  }

  entropy(into: Uint8Array): void {
    this.gate(false, false);
    for (let i = 0; i < into.length; i++) into[i] = this.random.below(256);
  }

  resetCause(): number {
    this.gate(false, false);
    return 0;
  }

  restart(): void {}

  watchdog(): void {
    this.gate(false, false);
  }

  // --- Power ---

  private gate(storage: boolean, inside: boolean): void {
    const { armed } = this;
    if (armed === null || armed.where === 'now') return;
    if (armed.where === 'storage' && !storage) return;
    // A place inside a write counts as a call of its own: before it, inside it, before the flush.
    if (inside && armed.where === 'call') return;
    if (--this.callsLeft > 0) return;
    this.armed = null;
    if (inside) this.options.counts.cutsInsideWrites++;
    throw new PowerCut();
  }

  /** Runs firmware; null when the power went meanwhile. Anything else that it throws is a trap. */
  private run<T>(step: () => T): T | null {
    const { storage } = this;
    storage.touched = false;
    storage.refused = false;
    this.thankedThisTick = false;
    try {
      const result = step();
      if (storage.touched && !storage.refused) this.refusedFaces = [];
      else if (storage.refused) this.refusedFaces = [...new Set([...this.refusedFaces, ...this.facesDown()])];
      return result;
    } catch (error) {
      if (error instanceof Error && error.name === 'RuntimeError') {
        throw new Violation('trap', `${this.name}: ${error.message}`);
      }
      if (!(error instanceof PowerCut)) throw error;
      if (storage.touched && !this.thankedThisTick) this.doubt(this.facesDown());
      this.lose();
      return null;
    }
  }

  private lose(restarts = true): void {
    const { counts, trace } = this.options;
    counts.powerCuts++;
    trace(() => `${this.name} loses power for ${this.offMs} ms`);
    this.doubt(this.refusedFaces);
    this.storage.cut(this.tear);
    this.tear = null;
    this.powerDown(restarts ? this.offMs : null);
  }

  private powerDown(offMs: number | null): void {
    this.checkMemory();
    this.wasm = null;
    this.nextTickAt = Number.POSITIVE_INFINITY;
    this.line.hangUp();
    // Its counter starts anywhere after a power-on, and now and then near the wrap.
    this.startMs = this.random.below(8) === 0 ? 0xffff_ffff - this.random.below(20_000) : 0;
    const life = ++this.life;
    if (offMs === null) return;
    this.options.events.after(offMs, () => {
      if (life === this.life) this.powerUp();
    });
  }

  // --- Time ---

  /** A button moves. */
  private stir(): void {
    this.quickUntil = this.options.events.now + QUICK_MS;
    this.wake();
  }

  private wake(): void {
    this.step = TICK_MS;
    this.plan(TICK_MS);
  }

  private plan(ms: number): void {
    if (this.wasm === null) return;
    const { events } = this.options;
    const at = events.now + ms;
    if (this.nextTickAt <= at) return;
    this.nextTickAt = at;
    const { life } = this;
    events.at(at, () => {
      if (life === this.life && this.nextTickAt === at) this.tick();
    });
  }

  private tick(): void {
    const { events, counts } = this.options;
    this.nextTickAt = Number.POSITIVE_INFINITY;
    counts.ticks++;
    if (this.run(() => this.wasm!.tick()) === null) return;
    if (this.fingers.length > 0) {
      this.fingers = this.fingers.filter(({ to, bounceMs }) => to + bounceMs >= events.now);
    }
    if (events.now >= this.quickUntil) this.step = Math.min(this.step * 2, this.idleMsMax);
    this.plan(this.step);
  }

  // --- What the oracle is told ---

  private thank(mask: number): void {
    const level = 32 - Math.clz32(mask & 31);
    this.thankedThisTick = true;
    this.account!.thanked[level - 1]!++;
    this.options.trace(() => `${this.name} thanks for ${level}`);
  }

  private doubt(faces: number[]): void {
    if (faces.length === 0 || this.account === null) return;
    this.account.doubts.push(faces);
    this.options.trace(() => `${this.name} in doubt: ${faces.join(' or ')}`);
  }

  /** Levels of the faces that a finger is on. */
  private facesDown(): number[] {
    const { now } = this.options.events;
    const { levels } = this.options.plan;
    return this.fingers
      .filter(({ button, from, to, bounceMs }) => button < levels && from <= now && now <= to + bounceMs)
      .map(({ button }) => button + 1);
  }

  private openAccount(): void {
    const last = this.last();
    if (last === null) throw new Violation('no_log', `${this.name} has booted and its storage holds no log`);
    if (this.account !== null && this.account.log !== last.log) this.account.abandoned = true;
    this.account = this.options.oracle.account(this.id, last.log);
  }

  /** Whether the only copy that holds the newest event has decayed while nobody looked. */
  private noteDecay(): void {
    const tail = readTail(this.storage.truth, this.options.plan.blocks);
    if (tail !== null && this.storage.decayed(tail.block) && this.account !== null) this.account.exposed++;
  }

  /** The technician's tool: works at once and is not interrupted. */
  private provision(): void {
    const { storage, options } = this;
    const { refusals, gate } = storage;
    storage.refusals = NO_REFUSALS;
    storage.gate = (_: StorageCall) => {};
    provision(storage, {
      terminal: options.id,
      key: options.key,
      levels: options.plan.levels,
      language: 'vi',
      name: this.name,
      lockoutMs: options.plan.lockoutMs,
    });
    storage.refusals = refusals;
    storage.gate = gate;
  }

  private get name(): string {
    return terminalHex(this.options.id);
  }
}
