/**
 * The district's past: the real firmware on every terminal under a virtual clock, the real ingest on
 * the real store, only time is made up. Each terminal has its own clock and steps from press to press;
 * one step of all of them is one group for ingest, as if they had pressed together.
 *
 * Once in a while a terminal loses its power or its line, as terminals do; nothing of that may show
 * in the counts.
 */
import type { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { NodeBoard } from '../../firmware/boards/node/board.js';
import type { Ingest, Received } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import { addDays, type Day, type Zone } from '../../host/zone.js';
import { parseTopic } from '../../protocol/topic.js';
import { numbersFrom, type Press, pressesOf } from './crowd.js';
import type { VirtualTerminalPlan } from './district.js';
import { VirtualLink } from './virtual-link.js';

export const TICK_MS = 5;
/** How long a finger stays down, and how long after it the terminal is watched. */
const HELD_MS = 80;
const SETTLE_MS = 60;
/** The lock-out that virtual terminals are provisioned with. */
export const LOCKOUT_MS = 5000;
/** A terminal that has been away dials, is answered and catches up within this. */
const CATCH_UP_MS = 240_000;
const POWER_CUT = 0.06;
const LINE_CUT = 0.08;

export type PastProgress = { readonly day: number; readonly days: number; readonly presses: number };

export type PastOptions = {
  readonly firmware: WebAssembly.Module;
  readonly seed: number;
  readonly zone: Zone;
  readonly firstDay: Day;
  readonly days: number;
  /** The past ends here. */
  readonly until: UnixMs;
  readonly terminals: readonly { plan: VirtualTerminalPlan; storage: MemoryStorage }[];
  readonly ingest: Ingest;
  onProgress(progress: PastProgress): void;
};

/** Makes it; returns the number of fingers that came down. Stops early when told to. */
export async function makePast(options: PastOptions, signal?: AbortSignal): Promise<number> {
  const start = options.zone.startOf(options.firstDay);
  const terminals = options.terminals.map(
    ({ plan, storage }) => new PastTerminal(options, plan, storage, start),
  );
  let presses = 0;
  for (let i = 0; i < options.days; i++) {
    const day = addDays(options.firstDay, i);
    for (const terminal of terminals) terminal.draw(day);
    while (terminals.some((terminal) => terminal.busy) && !signal?.aborted) {
      for (const terminal of terminals) presses += terminal.step();
      await exchange(terminals, options.ingest);
      await new Promise(setImmediate); // signals are heard between steps
    }
    if (signal?.aborted) return presses;
    options.onProgress({ day: i + 1, days: options.days, presses });
  }
  for (const terminal of terminals) terminal.run(CATCH_UP_MS);
  await exchange(terminals, options.ingest);
  return presses;
}

/** Takes what the terminals sent, and brings the answers back, until nobody has more to say. */
async function exchange(terminals: readonly PastTerminal[], ingest: Ingest): Promise<boolean> {
  const byId = new Map(terminals.map((terminal) => [terminal.id, terminal]));
  let any = false;
  for (;;) {
    const messages = terminals.flatMap((terminal) => terminal.take());
    if (messages.length === 0) return any;
    any = true;
    const { replies } = await ingest.receive(messages);
    for (const { topic, payload } of replies) {
      const terminal = byId.get(parseTopic(topic)!.terminal);
      terminal?.link.deliver(topic, payload);
      terminal?.run(4 * TICK_MS);
    }
  }
}

class PastTerminal {
  readonly link: VirtualLink;
  readonly id: number;
  private board: NodeBoard;
  private nowMs: number;
  private sent: Received[] = [];
  private presses: (Press & { cut?: 'power' | 'line' })[] = [];
  private midnight = 0;
  /** Line down until this. */
  private unpluggedUntil = 0;

  constructor(
    private readonly options: PastOptions,
    private readonly plan: VirtualTerminalPlan,
    private readonly storage: MemoryStorage,
    start: UnixMs,
  ) {
    this.id = plan.id;
    this.nowMs = start;
    this.link = new VirtualLink(({ topic, payload }) =>
      this.sent.push({ topic, payload: Uint8Array.from(payload), receivedAt: this.nowMs as UnixMs }),
    );
    this.board = this.powerOn();
    this.run(20 * TICK_MS);
  }

  get busy(): boolean {
    return this.presses.length > 0;
  }

  /** Draws the day's presses and mishaps. */
  draw(day: Day): void {
    this.midnight = this.options.zone.startOf(day);
    const next = numbersFrom(`${this.options.seed} mishap ${this.plan.id} ${day}`);
    const until = this.options.until - CATCH_UP_MS;
    this.presses = pressesOf(this.options.seed, this.plan, day).filter(
      ({ atMs }) => this.midnight + atMs < until,
    );
    const hit = this.presses[Math.floor(next() * this.presses.length)] as
      | (typeof this.presses)[0]
      | undefined;
    if (hit === undefined) return;
    const chance = next();
    if (chance < POWER_CUT) hit.cut = 'power';
    else if (chance < POWER_CUT + LINE_CUT) hit.cut = 'line';
  }

  /** The next press, if the day has one; returns how many fingers came down. */
  step(): number {
    const press = this.presses.shift();
    if (press === undefined) return 0;
    this.nowMs = Math.max(this.nowMs, this.midnight + press.atMs);
    this.mishap(press.cut);
    this.board.held = 1 << press.button;
    this.run(HELD_MS);
    this.board.held = 0;
    this.run(SETTLE_MS);
    this.pass(press);
    return 1;
  }

  /** Lets the lock-out end, unless the next finger comes within it. */
  private pass(press: Press): void {
    const following = this.presses[0];
    if (following !== undefined && following.atMs - press.atMs < 2 * LOCKOUT_MS) return;
    this.nowMs += LOCKOUT_MS;
    this.run(4 * TICK_MS);
  }

  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += TICK_MS) this.board.tick();
  }

  take(): Received[] {
    return this.sent.splice(0);
  }

  private mishap(cut: 'power' | 'line' | undefined): void {
    if (cut === 'power') {
      this.link.hangUp();
      this.board = this.powerOn();
      this.run(20 * TICK_MS);
    } else if (cut === 'line') {
      this.link.plugged = false;
      this.unpluggedUntil = this.nowMs + 5_400_000;
    }
    if (!this.link.plugged && (this.nowMs >= this.unpluggedUntil || !this.busy)) {
      this.link.plugged = true;
      this.run(CATCH_UP_MS);
    }
  }

  private powerOn(): NodeBoard {
    const next = numbersFrom(`${this.options.seed} power ${this.plan.id} ${this.nowMs}`);
    const board = new NodeBoard(this.options.firmware, {
      storage: this.storage,
      link: this.link,
      millis: () => this.nowMs,
      entropy: (into) => into.set(Uint8Array.from(into, () => next() * 256)),
    });
    board.boot();
    return board;
  }
}
