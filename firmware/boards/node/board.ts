/**
 * A terminal inside a Node process: buttons and clock are set from outside, display and lights are
 * there to be read, storage and link are whatever is handed in. The same board serves live terminals,
 * the virtual district's past and tests.
 */
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Board,
  type Link,
  PORT_CONSOLE,
  PORT_NETWORK,
  powerOn,
  type Storage,
  type Terminal,
} from '../board.js';

export type NodeBoardOptions = {
  storage: Storage;
  link: Link;
  /** What is plugged into the console port; nothing when absent. */
  console?: Link;
  /** Monotonic milliseconds, from any origin. */
  millis: () => number;
  /** Bytes nobody can predict; a seeded source makes a repeatable terminal. */
  entropy?: (into: Uint8Array) => void;
  resetCause?: number;
  /** Told after any change of display or lights. */
  onScreen?: (screen: Screen) => void;
};

export type Screen = { lines: string[]; lights: number };

export class NodeBoard implements Board {
  readonly storage: Storage;
  readonly screen: Screen = { lines: ['', '', '', ''], lights: 0 };
  /** Buttons held down, bit n for button n. */
  held = 0;
  private readonly terminal: Terminal;
  private readonly origin: number;

  constructor(
    module: WebAssembly.Module,
    private readonly options: NodeBoardOptions,
  ) {
    this.storage = options.storage;
    this.origin = options.millis();
    this.terminal = powerOn(module, this);
  }

  /** Runs `boot()`; throws when the terminal has no settings or its storage fails. */
  boot(): void {
    const status = this.terminal.boot();
    if (status < 0) throw new Error(`terminal did not boot: status ${status}`);
  }

  tick(): void {
    this.terminal.tick();
  }

  get memory(): WebAssembly.Memory {
    return this.terminal.memory;
  }

  millis(): number {
    return Math.floor(this.options.millis() - this.origin) >>> 0;
  }

  buttons(): number {
    return this.held;
  }

  lights(mask: number): void {
    this.screen.lights = mask;
    this.options.onScreen?.(this.screen);
  }

  display(line: number, text: string): void {
    this.screen.lines[line] = text;
    this.options.onScreen?.(this.screen);
  }

  port(port: number): Link | undefined {
    if (port === PORT_NETWORK) return this.options.link;
    return port === PORT_CONSOLE ? this.options.console : undefined;
  }

  entropy(into: Uint8Array): void {
    if (this.options.entropy) this.options.entropy(into);
    else randomFillSync(into);
  }

  resetCause(): number {
    return this.options.resetCause ?? 0;
  }

  restart(): void {}

  watchdog(): void {}
}

/** Compiles the firmware. Throws with what to do when it has not been built. */
export function loadFirmware(path: string | URL): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch (error) {
    throw new Error(`cannot load the firmware from ${path}: run \`npm run build\` first`, { cause: error });
  }
}
