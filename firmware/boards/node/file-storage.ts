/** Storage in a file of 512-byte blocks, made durable by fdatasync: a card image. */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { BLOCK_BYTES, E_STORAGE, OK, type Storage } from '../board.js';

export class FileStorage implements Storage {
  private readonly file: number;
  private readonly count: number;

  /** Opens the image, or makes one of `blocks` empty blocks. */
  constructor(path: string, blocks: number) {
    this.file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600); // holds the terminal's key
    if (fstatSync(this.file).size < blocks * BLOCK_BYTES) ftruncateSync(this.file, blocks * BLOCK_BYTES);
    this.count = Math.floor(fstatSync(this.file).size / BLOCK_BYTES);
  }

  blocks(): number {
    return this.count;
  }

  read(block: number, into: Uint8Array): number {
    return this.attempt(() => readSync(this.file, into, 0, BLOCK_BYTES, block * BLOCK_BYTES) === BLOCK_BYTES);
  }

  write(block: number, from: Uint8Array): number {
    if (block >= this.count) return E_STORAGE;
    return this.attempt(
      () => writeSync(this.file, from, 0, BLOCK_BYTES, block * BLOCK_BYTES) === BLOCK_BYTES,
    );
  }

  flush(): number {
    return this.attempt(() => {
      fdatasyncSync(this.file);
      return true;
    });
  }

  close(): void {
    closeSync(this.file);
  }

  /** A full or failing disk is the firmware's to deal with, as a failing card is. */
  private attempt(operation: () => boolean): number {
    try {
      return operation() ? OK : E_STORAGE;
    } catch {
      return E_STORAGE;
    }
  }
}
