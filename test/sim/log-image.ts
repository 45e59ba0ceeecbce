/**
 * The terminal's log as its medium shows it: the header fields of LOG.md that the oracle needs, read
 * independently of the firmware. Decides nothing about events.
 */
import { crc32 } from 'node:zlib';
import { blockOf } from './storage.js';

export const SETTINGS_BLOCKS = 2;
const MAGIC = 0x31474c48;

export type LogBlock = {
  /** Storage block it was read from. */
  readonly block: number;
  readonly log: number;
  readonly number: number;
  readonly version: number;
  readonly first: number;
  readonly count: number;
};

export function readLogBlock(medium: Uint8Array, block: number): LogBlock | null {
  const bytes = blockOf(medium, block);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) return null;
  if (view.getUint32(508, true) !== crc32(bytes.subarray(0, 508))) return null;
  return {
    block,
    log: view.getUint32(4, true),
    number: view.getUint32(12, true),
    version: view.getUint32(20, true),
    first: view.getUint32(32, true),
    count: view.getUint16(72, true),
  };
}

/** The newest copy of the newest block: the log's tail. Null for a blank or wholly decayed medium. */
export function readTail(medium: Uint8Array, blocks: number): LogBlock | null {
  let tail: LogBlock | null = null;
  for (let block = SETTINGS_BLOCKS; block < blocks; block++) {
    const found = readLogBlock(medium, block);
    if (found === null) continue;
    const newer =
      tail === null ||
      found.number > tail.number ||
      (found.number === tail.number && found.version > tail.version);
    if (newer) tail = found;
  }
  return tail;
}

/** The other copy of the pair. */
export function siblingOf(block: number): number {
  return SETTINGS_BLOCKS + ((block - SETTINGS_BLOCKS) ^ 1);
}
