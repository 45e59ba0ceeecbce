/**
 * The board interface as TypeScript sees it, one method for each import of `firmware/board.ts`, and
 * the wiring of an instance to it. Boards for Node, browsers and simulation implement `Board`; here
 * is all that knows the module's memory.
 */

export const BLOCK_BYTES = 512;
export const PORT_CONSOLE = 0;
export const PORT_NETWORK = 1;
export const LIGHT_THANKS = 1 << 8;
export const LIGHT_ONLINE = 1 << 9;
export const LIGHT_FAULT = 1 << 10;

/** Statuses a board may return; the firmware's whole list is in firmware/status.ts. */
export const OK = 0;
export const E_STORAGE = -1;
export const E_LINK = -2;

/** Persistent storage of 512-byte blocks. What is written may be lost until `flush` returns OK. */
export interface Storage {
  blocks(): number;
  read(block: number, into: Uint8Array): number;
  write(block: number, from: Uint8Array): number;
  flush(): number;
}

/** A byte stream to the broker. `read` and `write` return bytes moved, or E_LINK while there is none. */
export interface Link {
  read(into: Uint8Array): number;
  write(from: Uint8Array): number;
  /** Hangs up and dials again. */
  reset(): void;
}

export interface Board {
  /** Monotonic milliseconds since power-on. */
  millis(): number;
  /** Buttons down now, bit n for button n. */
  buttons(): number;
  lights(mask: number): void;
  display(line: number, text: string): void;
  /** The stream behind a port, or undefined when nothing is plugged in. */
  port(port: number): Link | undefined;
  readonly storage: Storage;
  entropy(into: Uint8Array): void;
  resetCause(): number;
  restart(): void;
  watchdog(): void;
}

/** One running firmware. */
export interface Terminal {
  /** Starts it; returns OK or the negative status that keeps it from working. */
  boot(): number;
  tick(): void;
  readonly memory: WebAssembly.Memory;
}

/** Instantiates the firmware on a board. Synchronous: terminals are made by the hundred in tests. */
export function powerOn(module: WebAssembly.Module, board: Board): Terminal {
  const text = new TextDecoder();
  let bytes = new Uint8Array(0);
  const view = (at: number, length: number) => bytes.subarray(at >>> 0, (at >>> 0) + length);
  const imports = {
    millis: () => board.millis(),
    buttons: () => board.buttons(),
    lights: (mask: number) => board.lights(mask),
    display: (line: number, at: number, length: number) => board.display(line, text.decode(view(at, length))),
    portRead: (port: number, at: number, max: number) => board.port(port)?.read(view(at, max)) ?? E_LINK,
    portWrite: (port: number, at: number, length: number) =>
      board.port(port)?.write(view(at, length)) ?? E_LINK,
    portReset: (port: number) => board.port(port)?.reset(),
    storageBlocks: () => board.storage.blocks(),
    storageRead: (block: number, at: number) => board.storage.read(block, view(at, BLOCK_BYTES)),
    storageWrite: (block: number, at: number) => board.storage.write(block, view(at, BLOCK_BYTES)),
    storageFlush: () => board.storage.flush(),
    entropy: (at: number, length: number) => board.entropy(view(at, length)),
    resetCause: () => board.resetCause(),
    restart: () => board.restart(),
    watchdog: () => board.watchdog(),
  };
  const exports = new WebAssembly.Instance(module, { board: imports }).exports as unknown as Terminal;
  bytes = new Uint8Array(exports.memory.buffer);
  return exports;
}
