/**
 * A terminal that somebody holds in their hands: an emulated board with a card that outlives it, faces to
 * press, a plug to pull.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Emulator } from './emulator.js';
import type { Identity } from './identity.js';
import type { Picture } from './picture.js';

const LIGHT_ONLINE = 1 << 9;
/** A press is held until its face lights up, or as long as a person who sees that it does not. */
const HOLD_MS = 400;
/** What a button takes to be seen as up after power-on, and to be seen as up again. */
const SETTLED_MS = 100;
const POLL_MS = 20;
const READY_MS = 60_000;

export type TerminalOptions = {
  readonly image: string;
  readonly symbols: ReadonlyMap<string, number>;
  readonly mqttHost: string;
  readonly mqttPort: number;
};

export type View = {
  readonly picture: Picture;
  /** Whether a face is lit, the worst first. */
  readonly faces: readonly boolean[];
  readonly online: boolean;
};

export class EmulatedTerminal {
  private emulator: Emulator | null = null;
  /** Presses and plug, one after another however fast the keys come. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly identity: Identity,
    private readonly options: TerminalOptions,
  ) {}

  /** Powers it on. Resolves when it takes presses; the link may take longer. */
  start(): Promise<void> {
    return this.next(() => this.powerOn());
  }

  /** Presses a face, 1 the worst. Resolves to whether the terminal thanked for it. */
  press(level: number): Promise<boolean> {
    return this.next(async () => {
      const emulator = this.emulator;
      if (emulator === null) return false;
      await emulator.hold(level - 1);
      let thanked = false;
      for (let waited = 0; waited < HOLD_MS && !thanked; waited += POLL_MS) {
        await pause(POLL_MS);
        thanked = ((await this.word('pins_lit')) & (1 << (level - 1))) !== 0;
      }
      await emulator.release(level - 1);
      await pause(SETTLED_MS);
      return thanked;
    });
  }

  /** Pulls the plug, and puts it back. */
  replug(): Promise<void> {
    return this.next(async () => {
      await this.powerOff();
      await this.powerOn();
    });
  }

  /** Off for good; the card stays. Does not wait for anything: that is what pulling a plug is. */
  stop(): Promise<void> {
    return this.powerOff();
  }

  async view(): Promise<View | null> {
    if (this.emulator === null) return null;
    const [picture, lit] = await Promise.all([this.emulator.picture(), this.word('pins_lit')]);
    const faces = [0, 1, 2, 3, 4].map((face) => (lit & (1 << face)) !== 0);
    return { picture, faces, online: (lit & LIGHT_ONLINE) !== 0 };
  }

  /** The pseudo-terminal of its console; null while it is off. */
  async consolePath(): Promise<string | null> {
    return this.emulator === null ? null : this.emulator.consolePath();
  }

  private async powerOn(): Promise<void> {
    const { image, mqttHost, mqttPort } = this.options;
    const emulator = await Emulator.start({ image, card: this.identity.card, mqttHost, mqttPort });
    this.emulator = emulator;
    // Whoever ends the emulator from outside has switched the terminal off: the plug key brings it back.
    void emulator.exited.then(() => {
      if (this.emulator === emulator) this.emulator = null;
    });
    await this.reach(async () => (await this.word('pins_shown')) > 0);
    const shownAt = await this.word('millis');
    await this.reach(async () => (await this.word('millis')) > shownAt + SETTLED_MS);
  }

  private async powerOff(): Promise<void> {
    const emulator = this.emulator;
    this.emulator = null;
    await emulator?.kill();
  }

  private async reach(reached: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + READY_MS;
    while (!(await reached())) {
      if (performance.now() > end) throw new Error('the emulated terminal does not start');
      await pause(POLL_MS);
    }
  }

  private async word(name: string): Promise<number> {
    if (this.emulator === null) throw new Error('the terminal is off');
    return (await this.emulator.words(this.options.symbols.get(name)!, 1))[0]!;
  }

  private next<T>(action: () => Promise<T>): Promise<T> {
    const done = this.last.then(action);
    this.last = done.catch(() => {});
    return done;
  }
}
