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
import { Fingers } from './fingers.js';
import { Line } from './line.js';
import { readLogBlock, readTail, siblingOf } from './log-image.js';
import type { Network } from './network.js';
import { type Account, type Oracle, Violation } from './oracle.js';
import { Power, PowerCut } from './power.js';
import type { Cut, Press, TerminalPlan } from './schedule.js';
import { FaultyStorage, NO_REFUSALS } from './storage.js';

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
  private readonly power = new Power();
  private readonly fingers: Fingers;
  private readonly random: Random;
  private wasm: Terminal | null = null;
  private account: Account | null = null;
  private offMs = 0;
  private poweredAt = 0;
  private startMs = 0;
  private lamps = 0;
  /** It has power and could not start yet: it goes on trying. */
  private starting = false;
  private thankedThisTick = false;
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
    this.storage.gate = (_, inside) => this.storagePower(inside);
    this.fingers = new Fingers(this.random);
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
    else this.power.arm(cut);
  }

  press(press: Omit<Press, 'at' | 'terminal'>): void {
    const { events, counts } = this.options;
    counts.presses++;
    this.fingers.press(press, events.now);
    this.stir();
    events.after(press.heldMs, () => this.stir());
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
    this.power.disarm();
    this.storage.refusals = NO_REFUSALS;
    this.fingers.lift();
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
    this.power.call();
    const { events, plan } = this.options;
    const since = (events.now - this.poweredAt) * (1 + plan.ppm / 1_000_000);
    return Math.floor(this.startMs + since) >>> 0;
  }

  buttons(): number {
    this.power.call();
    return this.fingers.mask(this.options.events.now);
  }

  lights(mask: number): void {
    this.power.call();
    if ((mask & LIGHT_THANKS) !== 0 && (this.lamps & LIGHT_THANKS) === 0) this.thank(mask);
    this.lamps = mask;
    if (!this.starting || (mask & LIGHT_FAULT) !== 0) return;
    this.starting = false;
    this.openAccount();
  }

  display(): void {
    this.power.call();
  }

  port(port: number): Link | undefined {
    this.power.call();
    return port === PORT_NETWORK ? this.line : undefined;
  }

  entropy(into: Uint8Array): void {
    this.power.call();
    for (let i = 0; i < into.length; i++) into[i] = this.random.below(256);
  }

  resetCause(): number {
    this.power.call();
    return 0;
  }

  restart(): void {}

  watchdog(): void {
    this.power.call();
  }

  // --- Power ---

  private storagePower(inside: boolean): void {
    try {
      this.power.storage(inside);
    } catch (error) {
      if (inside) this.options.counts.cutsInsideWrites++;
      throw error;
    }
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
    this.storage.cut(this.power.tear);
    this.power.tear = null;
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
    this.fingers.forget(events.now);
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

  private facesDown(): number[] {
    return this.fingers.faces(this.options.events.now, this.options.plan.levels);
  }

  private openAccount(): void {
    const last = this.last();
    if (last === null) throw new Violation('no_log', `${this.name} has booted and its storage holds no log`);
    if (this.account !== null && this.account.log !== last.log) this.account.abandoned = true;
    this.account = this.options.oracle.account(this.id, last.log);
  }

  /** Whether the only copy that holds the newest event has decayed while nobody looked. */
  private noteDecay(): void {
    const { truth } = this.storage;
    const tail = readTail(truth, this.options.plan.blocks);
    if (tail === null || this.account === null || !this.storage.decayed(tail.block)) return;
    if (readLogBlock(truth, siblingOf(tail.block))?.version !== tail.version) this.account.exposed++;
  }

  /** The technician's tool: works at once and is not interrupted. */
  private provision(): void {
    const { storage, options } = this;
    const { refusals, gate } = storage;
    storage.refusals = NO_REFUSALS;
    storage.gate = () => {};
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
