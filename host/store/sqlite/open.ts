/**
 * Opens a store file the one safe way. A reopened WAL file falls back to synchronous=NORMAL, which can
 * lose acknowledged ratings on power loss, so every pragma is set on every open.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../../errors.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';

export type OpenMode = 'write' | 'read';

export const STORE_FILE = 'hailong.sqlite';
const CACHE_KIB = 65_536;
const CHECKPOINT_PAGES = 10_000;
const BUSY_TIMEOUT_MS = 10_000;

export function openDatabase(folder: string, mode: OpenMode): Database.Database {
  const path = join(folder, STORE_FILE);
  let database: Database.Database;
  try {
    database = new Database(path, {
      readonly: mode === 'read',
      fileMustExist: mode === 'read',
      timeout: BUSY_TIMEOUT_MS,
    });
  } catch (error) {
    throw new StoreError(mode === 'read' ? 'store_absent' : 'data_unwritable', { folder }, { cause: error });
  }
  try {
    prepare(database, folder, mode);
    return database;
  } catch (error) {
    database.close();
    throw storeError(error, folder);
  }
}

/** Makes the folder that a store is to be in. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StoreError('data_unwritable', { folder }, { cause: error });
  }
}

function prepare(database: Database.Database, folder: string, mode: OpenMode): void {
  refuseOthers(database, folder);
  if (mode === 'write') {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.pragma('foreign_keys = ON');
  }
  database.pragma(`cache_size = -${CACHE_KIB}`);
  if (mode === 'write') migrate(database);
  else if (version(database) < MIGRATIONS.length) throw new StoreError('store_older', { folder });
}

const version = (database: Database.Database) => database.pragma('user_version', { simple: true }) as number;

/** Refuses a file of a newer release, and one that is not ours at all. */
function refuseOthers(database: Database.Database, folder: string): void {
  const found = version(database);
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get() as {
    n: number;
  };
  const owner = database.pragma('application_id', { simple: true });
  if (tables.n > 0 && owner !== APPLICATION_ID) throw new StoreError('store_foreign', { folder });
  if (found > MIGRATIONS.length) {
    throw new StoreError('store_newer', { folder, found, known: MIGRATIONS.length });
  }
}

function migrate(database: Database.Database): void {
  if (version(database) === MIGRATIONS.length) return;
  database
    .transaction(() => {
      // Read again under the lock: another process may have done it meanwhile.
      for (let from = version(database); from < MIGRATIONS.length; from++) database.exec(MIGRATIONS[from]!);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${MIGRATIONS.length}`);
    })
    .immediate();
}

const BROKEN = /^SQLITE_(NOTADB|CORRUPT)/;
const FAILING = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|PERM|NOMEM)/;

/** Gives a SQLite failure that is not a fault of ours its own code; returns anything else unchanged. */
export function storeError(error: unknown, folder: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (BROKEN.test(error.code)) return new StoreError('store_broken', { folder }, { cause: error });
  if (error.code.startsWith('SQLITE_READONLY') || error.code.startsWith('SQLITE_CANTOPEN')) {
    return new StoreError('data_unwritable', { folder }, { cause: error });
  }
  if (FAILING.test(error.code)) {
    return new StoreError('store_failed', { folder, reason: error.message }, { cause: error });
  }
  return error;
}
