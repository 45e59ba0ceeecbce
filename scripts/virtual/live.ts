/**
 * The district live: every terminal is the compiled firmware in this process, its storage a file, its
 * network a TCP connection to the host's broker. One timer ticks them all; the crowd goes on as in the
 * past, by the real clock.
 */
import { NodeBoard, type Screen } from '../../firmware/boards/node/board.js';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { TcpLink } from '../../firmware/boards/node/tcp-link.js';
import type { UnixMs } from '../../host/instant.js';
import { addDays, type Day, type Zone } from '../../host/zone.js';
import { pressesOf } from './crowd.js';
import type { VirtualTerminalPlan } from './district.js';

const TICK_MS = 10;
/** How long a finger stays down. */
const HELD_MS = 80;

export type LiveOptions = {
  readonly firmware: WebAssembly.Module;
  readonly plans: readonly VirtualTerminalPlan[];
  readonly seed: number;
  readonly zone: Zone;
  readonly mqttPort: number;
  /** Where a terminal's storage lies. */
  imageOf(plan: VirtualTerminalPlan): string;
  now(): UnixMs;
  monotonicMs(): number;
  onScreen(plan: VirtualTerminalPlan, screen: Screen): void;
};

type LiveTerminal = { board: NodeBoard; storage: FileStorage; link: TcpLink };

export class LiveDistrict {
  private readonly terminals = new Map<number, LiveTerminal>();
  private readonly timer: NodeJS.Timeout;
  private planned: Day | null = null;
  private queue: { at: UnixMs; id: number; button: number }[] = [];

  constructor(private readonly options: LiveOptions) {
    for (const plan of options.plans) this.terminals.set(plan.id, this.powerOn(plan));
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** A finger on a button: down, and up again a moment later. */
  press(id: number, button: number): void {
    const terminal = this.terminals.get(id);
    if (terminal === undefined) return;
    terminal.board.held |= 1 << button;
    setTimeout(() => {
      terminal.board.held &= ~(1 << button);
    }, HELD_MS);
  }

  screenOf(id: number): Screen | undefined {
    return this.terminals.get(id)?.board.screen;
  }

  /** Power off, all at once: what is not yet acknowledged waits in the images. */
  stop(): void {
    clearInterval(this.timer);
    for (const { storage, link } of this.terminals.values()) {
      link.close();
      storage.close();
    }
  }

  private powerOn(plan: VirtualTerminalPlan): LiveTerminal {
    const storage = new FileStorage(this.options.imageOf(plan), 0);
    const link = new TcpLink('127.0.0.1', this.options.mqttPort);
    const board = new NodeBoard(this.options.firmware, {
      storage,
      link,
      millis: this.options.monotonicMs,
      onScreen: (screen) => this.options.onScreen(plan, screen),
    });
    board.boot();
    return { board, storage, link };
  }

  private tick(): void {
    const now = this.options.now();
    this.planDay(now);
    while (this.queue.length > 0 && this.queue[0]!.at <= now) {
      const { id, button } = this.queue.shift()!;
      this.press(id, button);
    }
    for (const { board } of this.terminals.values()) board.tick();
  }

  /** Draws the crowd of a new day; what of it has passed already is left out. */
  private planDay(now: UnixMs): void {
    const { zone, plans, seed } = this.options;
    if (this.planned !== null && now < zone.startOf(addDays(this.planned, 1))) return;
    this.planned = zone.dayOf(now);
    const midnight = zone.startOf(this.planned);
    this.queue = plans
      .flatMap((plan) =>
        pressesOf(seed, plan, this.planned!).map(({ atMs, button }) => ({
          at: (midnight + atMs) as UnixMs,
          id: plan.id,
          button,
        })),
      )
      .filter(({ at }) => at >= now)
      .sort((a, b) => a.at - b.at);
  }
}
