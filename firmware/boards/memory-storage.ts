/** Storage in memory: for terminals that live in a virtual clock, and as the image of a file. */
import { BLOCK_BYTES, E_STORAGE, OK, type Storage } from './board.js';

export class MemoryStorage implements Storage {
  readonly bytes: Uint8Array;

  constructor(blocks: number) {
    this.bytes = new Uint8Array(blocks * BLOCK_BYTES);
  }

  blocks(): number {
    return this.bytes.length / BLOCK_BYTES;
  }

  read(block: number, into: Uint8Array): number {
    if (block >= this.blocks()) return E_STORAGE;
    into.set(this.bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES));
    return OK;
  }

  write(block: number, from: Uint8Array): number {
    if (block >= this.blocks()) return E_STORAGE;
    this.bytes.set(from, block * BLOCK_BYTES);
    return OK;
  }

  flush(): number {
    return OK;
  }
}
