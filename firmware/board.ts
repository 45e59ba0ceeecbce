/**
 * The board: every import of the wasm module, and the only way out of it. A port implements these
 * fifteen functions and calls `boot()` once, then `tick()` for ever, at least every 20 ms.
 *
 * None of them may block for long: `storageRead`, `storageWrite` and `storageFlush` may take the
 * milliseconds a card needs, everything else answers at once. Pointers are into the module's memory.
 * What returns `i32` returns >= 0, or a status from status.ts.
 */

/** Byte-stream ports, argument of the `port` functions. */
export const PORT_CONSOLE: u32 = 0;
export const PORT_NETWORK: u32 = 1;

/** Lights: bits 0 to 4 are the lamps at the faces, level 1 first. */
export const LIGHT_THANKS: u32 = 1 << 8;
export const LIGHT_ONLINE: u32 = 1 << 9;
export const LIGHT_FAULT: u32 = 1 << 10;

/** Bytes in a storage block. */
export const BLOCK_BYTES: u32 = 512;
/** Lines of the display, and the most bytes of UTF-8 on one. */
export const DISPLAY_LINES: u32 = 4;
export const DISPLAY_LINE_BYTES_MAX: u32 = 64;

/** Monotonic milliseconds since power-on; wraps at 2^32. */
export declare function millis(): u32;
/** The buttons that are down right now, undebounced: bit n is button n, at most 8. */
export declare function buttons(): u32;
/** Shows exactly these lights. */
export declare function lights(mask: u32): void;
/** Replaces line `line` (0 to 3) of the display by `bytes` bytes of UTF-8. */
export declare function display(line: u32, text: usize, bytes: u32): void;
/** Takes at most `bytesMax` bytes that have arrived. 0: nothing now. E_LINK: the link is down. */
export declare function portRead(port: u32, into: usize, bytesMax: u32): i32;
/** Hands over what fits now, and returns how much that was. E_LINK: the link is down. */
export declare function portWrite(port: u32, from: usize, bytes: u32): i32;
/** Hangs up and dials again; bytes under way may be lost. A port with nothing to dial does nothing. */
export declare function portReset(port: u32): void;
/** Number of storage blocks; constant while powered. */
export declare function storageBlocks(): u32;
/** Reads one block. E_STORAGE when the medium refuses; a decayed block may read as garbage. */
export declare function storageRead(block: u32, into: usize): i32;
/** Writes one block. Until `storageFlush` it may be lost, torn or reordered by a power cut. */
export declare function storageWrite(block: u32, from: usize): i32;
/** Returns when every write before it is durable. */
export declare function storageFlush(): i32;
/** Fills `bytes` bytes that nobody can predict; at least as good as noise, different at each power-on. */
export declare function entropy(into: usize, bytes: u32): void;
/** Why the board last started: CAUSE_* of the protocol. */
export declare function resetCause(): u32;
/** Restarts the board; does not return on hardware. */
export declare function restart(): void;
/** Tells the watchdog that the loop is alive; it resets the board about 8 s after the last call. */
export declare function watchdog(): void;
