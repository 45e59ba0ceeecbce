/**
 * Recomputes everything derived (log books, clocks, tallies, gaps) from the kept frames, into temporary
 * tables that hide the real ones from the same accounting code; compares; and only where something
 * differs replaces the rows, all in one transaction. Killed at any time it has changed nothing. Never
 * lowers a watermark: terminals have released what was acknowledged.
 */
import type Database from 'better-sqlite3';
import type { TerminalId } from '../../../protocol/messages.js';
import { terminalHex } from '../../../protocol/topic.js';
import { StoreError } from '../../errors.js';
import { account } from '../../ingest/account.js';
import type { Books } from '../../ingest/books.js';
import { SqliteBooks } from './books.js';
import { occupyAlone } from './occupancy.js';
import { openDatabase, storeError } from './open.js';
import { type KeptRow, Replay } from './replay.js';

export type RebuildOptions = {
  /** Changes nothing, so a host may run meanwhile. */
  readonly check: boolean;
  onProgress?(done: number, total: number): void;
};

/** What the stored figures of one terminal said and what the frames say. */
export type RebuildDifference = {
  readonly terminal: TerminalId;
  readonly ratedBefore: number;
  readonly rated: number;
  /** Rows of each table that are not the same. */
  readonly tables: Readonly<Record<string, number>>;
};

export type Rebuilt = { readonly batches: number; readonly differences: readonly RebuildDifference[] };

/** Tables that follow from the kept frames, with the columns that say something. */
const DERIVED = {
  log: '*',
  boot_clock: '*',
  tally: '*',
  gap: 'terminal, log_id, counter, at, received_at, first_seq, last_seq, lost, reason',
};

export function rebuildStore(folder: string, options: RebuildOptions): Rebuilt {
  // Makes nothing, not even a lock, where there is no store.
  if (!options.check) openDatabase(folder, 'read').close();
  return options.check ? recompute(folder, options) : alone(folder, () => recompute(folder, options));
}

function alone<T>(folder: string, work: () => T): T {
  const occupancy = occupyAlone(folder);
  try {
    return work();
  } finally {
    occupancy.end();
  }
}

function recompute(folder: string, options: RebuildOptions): Rebuilt {
  const database = openDatabase(folder, options.check ? 'read' : 'write');
  try {
    const work = database.transaction(() => {
      shadow(database);
      const batches = replayAll(database, options);
      const differences = compare(database);
      if (!options.check && differences.length > 0) replace(database);
      return { batches, differences };
    });
    // Reading too is one transaction, so that it sees the store of one instant.
    return options.check ? work.deferred() : work.immediate();
  } catch (error) {
    throw storeError(error, folder);
  } finally {
    database.close();
  }
}

/** Empty temporary twins: SQLite finds them first under the same names. */
function shadow(database: Database.Database): void {
  const definition = database
    .prepare<[string], string>('SELECT sql FROM main.sqlite_master WHERE name = ?')
    .pluck();
  for (const table of Object.keys(DERIVED)) {
    const sql = definition.get(table) as string;
    database.exec(sql.replace(/^CREATE TABLE/, 'CREATE TEMP TABLE'));
  }
}

function replayAll(database: Database.Database, { onProgress }: RebuildOptions): number {
  const total = database.prepare('SELECT coalesce(max(id), 0) FROM batch').pluck().get() as number;
  const replay = new Replay(database);
  const written = new SqliteBooks(database);
  const books: Books = {
    log: (terminal, log) => written.log(terminal, log),
    clock: (terminal, log, boot) => written.clock(terminal, log, boot),
    placements: (terminal) => replay.placements(terminal),
  };
  let done = 0;
  let position = 0;
  for (;;) {
    const rows = replay.next(position);
    if (rows.length === 0) return done;
    const posting = account(
      books,
      rows.map((row) => replay.arrival(row)),
    );
    posting.outcomes.forEach((outcome, i) => {
      const row = rows[i]!;
      const same = outcome.kind === 'stored' && outcome.first === row.first && outcome.committed === row.last;
      if (!same) throw misplaced(row);
    });
    written.write(posting);
    position = rows.at(-1)!.id;
    done += rows.length;
    onProgress?.(done, total);
  }
}

function misplaced({ id, terminal }: KeptRow): StoreError {
  return new StoreError('rebuild_order', { batch: id, terminal: terminalHex(terminal) });
}

function compare(database: Database.Database): RebuildDifference[] {
  const found = new Map<TerminalId, Record<string, number>>();
  for (const [table, columns] of Object.entries(DERIVED)) {
    const only = (one: string, other: string) =>
      `SELECT ${columns} FROM ${one}.${table} EXCEPT SELECT ${columns} FROM ${other}.${table}`;
    // A row that changed is in both lists: it counts once.
    const rows = database
      .prepare<[], { terminal: TerminalId; count: number }>(
        `SELECT terminal, max(count) AS count FROM (
           SELECT terminal, count(*) AS count FROM (${only('main', 'temp')}) GROUP BY terminal
           UNION ALL SELECT terminal, count(*) FROM (${only('temp', 'main')}) GROUP BY terminal)
         GROUP BY terminal`,
      )
      .all();
    for (const { terminal, count } of rows) {
      found.set(terminal, { ...found.get(terminal), [table]: count });
    }
  }
  const rated = (schema: string) =>
    database
      .prepare<[number], number>(
        `SELECT coalesce(sum(count), 0) FROM ${schema}.tally WHERE terminal = ? AND scale > 0`,
      )
      .pluck();
  const [before, after] = [rated('main'), rated('temp')];
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([terminal, tables]) => ({
      terminal,
      ratedBefore: before.get(terminal) as number,
      rated: after.get(terminal) as number,
      tables,
    }));
}

function replace(database: Database.Database): void {
  const lower = database
    .prepare<[], { terminal: TerminalId; stored: number; found: number }>(
      `SELECT m.terminal, m.committed AS stored, coalesce(t.committed, 0) AS found
       FROM main.log m LEFT JOIN temp.log t ON t.terminal = m.terminal AND t.log_id = m.log_id
       WHERE coalesce(t.committed, 0) < m.committed LIMIT 1`,
    )
    .get();
  if (lower !== undefined) {
    const { stored, found } = lower;
    throw new StoreError('rebuild_short', { terminal: terminalHex(lower.terminal), stored, found });
  }
  for (const table of Object.keys(DERIVED)) {
    database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM temp.${table};`);
  }
}
