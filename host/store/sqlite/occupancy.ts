/**
 * Who has a store folder open for writing: any number of hosts and commands together, or one rebuild
 * alone. Held as SQLite's own file lock on a small file beside the store, so it ends with the process,
 * however that ends; a file that was left behind means nothing.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../../errors.js';

export const LOCK_FILE = 'hailong.lock';
/** A rebuild that tries and is refused holds others up for an instant. */
const SHARED_TIMEOUT_MS = 2_000;

export type Occupancy = { end(): void };

/** For hosts and commands that write. Fails while the store is being rebuilt. */
export function occupy(folder: string): Occupancy {
  return hold(folder, SHARED_TIMEOUT_MS, 'BEGIN; SELECT count(*) FROM sqlite_master', 'store_rebuilding');
}

/** For a rebuild. Fails while anyone else writes. */
export function occupyAlone(folder: string): Occupancy {
  return hold(folder, 0, 'BEGIN EXCLUSIVE', 'store_in_use');
}

/** Holds a lock file of another kind alone. Fails with `refusal` while someone else does. */
export function holdAlone(folder: string, name: string, refusal: string): Occupancy {
  return hold(folder, 0, 'BEGIN EXCLUSIVE', refusal, name);
}

function hold(folder: string, timeout: number, lock: string, refusal: string, name = LOCK_FILE): Occupancy {
  let file: Database.Database;
  try {
    file = new Database(join(folder, name), { timeout });
  } catch (error) {
    throw new StoreError('data_unwritable', { folder }, { cause: error });
  }
  try {
    file.exec(lock);
  } catch (error) {
    file.close();
    const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw new StoreError(busy ? refusal : 'data_unwritable', { folder }, { cause: error });
  }
  return { end: () => void file.close() };
}
