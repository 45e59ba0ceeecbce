/**
 * Storage in the origin's private file system, through the synchronous handle that browsers give to
 * workers: the one browser store whose `flush` reaches the disk before it returns. One handle at a time
 * may be open, so a second tab cannot run the same terminal.
 */
import { BLOCK_BYTES, E_STORAGE, OK, type Storage } from '../board.js';

export class OpfsStorage implements Storage {
  private constructor(
    private readonly file: FileSystemSyncAccessHandle,
    private readonly count: number,
  ) {}

  /** Opens the image, or makes one of `blocks` empty blocks. Rejects while another tab has it open. */
  static async open(name: string, blocks: number): Promise<OpfsStorage> {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(name, { create: true });
    const file = await handle.createSyncAccessHandle();
    if (file.getSize() < blocks * BLOCK_BYTES) {
      file.truncate(blocks * BLOCK_BYTES);
      file.flush();
    }
    return new OpfsStorage(file, Math.floor(file.getSize() / BLOCK_BYTES));
  }

  blocks(): number {
    return this.count;
  }

  read(block: number, into: Uint8Array): number {
    return this.attempt(() => this.file.read(into, { at: block * BLOCK_BYTES }) === BLOCK_BYTES);
  }

  write(block: number, from: Uint8Array): number {
    if (block >= this.count) return E_STORAGE;
    return this.attempt(() => this.file.write(from, { at: block * BLOCK_BYTES }) === BLOCK_BYTES);
  }

  flush(): number {
    return this.attempt(() => {
      this.file.flush();
      return true;
    });
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
