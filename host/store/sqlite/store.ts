/**
 * The SQLite store: one file, one writer transaction a group, fsynced before `commit` resolves. The
 * work is synchronous underneath, so the host runs it in a worker thread; tests and the simulator run
 * it where they are. Two processes may share a file.
 */
import type Database from 'better-sqlite3';
import type { LogId, Seq, TerminalId } from '../../../protocol/messages.js';
import { account } from '../../ingest/account.js';
import type { Six } from '../../ingest/books.js';
import { hourStart, type UnixMs } from '../../instant.js';
import type { HourRange } from '../../zone.js';
import type {
  CommitGroup,
  Committed,
  HourRow,
  KeptBatch,
  MissingRow,
  QuarantineRow,
  RegistryChange,
  RegistryView,
  Store,
  TallyRow,
  TerminalBooks,
} from '../store.js';
import { SIX, SqliteBooks } from './books.js';
import { type Occupancy, occupy } from './occupancy.js';
import { makeFolder, type OpenMode, openDatabase, storeError } from './open.js';
import { SqliteQuarantine } from './quarantine.js';
import { SqliteRegistry } from './registry.js';

/** Opens the store in `folder`, making it if need be. */
export function openStore(folder: string): SqliteStore {
  return new SqliteStore(folder, 'write');
}

/** Opens an existing store for reading only; works while a host writes it. */
export function openStoreForReading(folder: string): SqliteStore {
  return new SqliteStore(folder, 'read');
}

export class SqliteStore implements Store {
  private readonly occupancy: Occupancy | null;
  private readonly database: Database.Database;
  private readonly books: SqliteBooks;
  private readonly registryRows: SqliteRegistry;
  private readonly quarantineRows: SqliteQuarantine;
  private readonly commitGroup: (group: CommitGroup) => Committed;

  constructor(
    private readonly folder: string,
    mode: OpenMode,
  ) {
    if (mode === 'write') makeFolder(folder);
    this.occupancy = mode === 'write' ? occupy(folder) : null;
    try {
      this.database = openDatabase(folder, mode);
    } catch (error) {
      this.occupancy?.end();
      throw error;
    }
    this.books = new SqliteBooks(this.database);
    this.registryRows = new SqliteRegistry(this.database);
    this.quarantineRows = new SqliteQuarantine(this.database);
    this.commitGroup = this.database.transaction((group: CommitGroup) => this.post(group)).immediate;
  }

  /** For tests and tools: a pragma's value on this connection. */
  pragma(name: string): unknown {
    return this.database.pragma(name, { simple: true });
  }

  keys(terminals: readonly TerminalId[]): Promise<Map<TerminalId, Uint8Array>> {
    return this.run(() => {
      const read = this.prepared<[number], Uint8Array>('SELECT key FROM terminal WHERE id = ?').pluck();
      const found = new Map<TerminalId, Uint8Array>();
      for (const terminal of terminals) {
        const key = read.get(terminal) as Uint8Array | undefined;
        if (key !== undefined) found.set(terminal, key);
      }
      return found;
    });
  }

  logs(terminals: readonly TerminalId[]): Promise<Map<TerminalId, LogId[]>> {
    return this.run(() => {
      const read = this.prepared<[number], LogId>(
        'SELECT log_id FROM log WHERE terminal = ? ORDER BY received_at DESC, log_id DESC',
      ).pluck();
      return new Map(terminals.map((terminal) => [terminal, read.all(terminal) as LogId[]]));
    });
  }

  commit(group: CommitGroup): Promise<Committed> {
    return this.run(() => {
      try {
        return this.commitGroup(group);
      } catch (error) {
        this.books.forget();
        throw error;
      }
    });
  }

  changeRegistry(change: RegistryChange): Promise<void> {
    return this.run(() => {
      this.database.transaction(() => this.registryRows.change(change)).immediate();
      this.books.forget();
    });
  }

  registry(): Promise<RegistryView> {
    return this.run(() => this.database.transaction(() => this.registryRows.view())());
  }

  tallies({ from, to }: HourRange): Promise<TallyRow[]> {
    return this.run(() =>
      this.prepared<[number, number], TallyRow>(
        `SELECT counter, scale, level, iif(bounded, 'bounded', 'exact') AS quality, sum(count) AS count
         FROM tally WHERE hour >= ? AND hour < ? GROUP BY counter, scale, level, bounded`,
      ).all(from, to),
    );
  }

  hourly({ from, to }: HourRange, counters: readonly string[]): Promise<HourRow[]> {
    return this.run(() =>
      this.prepared<[number, number, string], HourRow>(
        `SELECT hour, scale, level, sum(count) AS count FROM tally
         WHERE hour >= ? AND hour < ? AND scale > 0 AND counter IN (SELECT value FROM json_each(?))
         GROUP BY hour, scale, level ORDER BY hour`,
      ).all(from, to, JSON.stringify(counters)),
    );
  }

  missing({ from, to }: HourRange): Promise<MissingRow[]> {
    return this.run(() =>
      this.prepared<[number, number], MissingRow>(
        `SELECT counter, sum(lost) AS missing FROM gap
         WHERE at >= ? AND at < ? AND reason = 'declared' GROUP BY counter`,
      ).all(hourStart(from), hourStart(to)),
    );
  }

  terminalBooks(): Promise<TerminalBooks[]> {
    return this.run(() => {
      const rows = this.prepared<[], TerminalRow>(
        `SELECT l.terminal, l.committed, l.boot, l.last_event_at, s.*
         FROM log l JOIN (SELECT terminal AS of, sum(missing) AS missing, ${DIFFERENCES} FROM log GROUP BY terminal) s
           ON s.of = l.terminal
         WHERE NOT EXISTS (SELECT 1 FROM log n WHERE n.terminal = l.terminal
           AND (n.received_at, n.log_id) > (l.received_at, l.log_id)) ORDER BY terminal`,
      ).all();
      return rows.map(terminalBooks);
    });
  }

  refused(): Promise<Record<string, number>> {
    return this.run(() => this.quarantineRows.refused());
  }

  quarantine(limit: number): Promise<QuarantineRow[]> {
    return this.run(() => this.quarantineRows.newest(limit));
  }

  batches(after: number, limit: number): Promise<{ position: number; batch: KeptBatch }[]> {
    return this.run(() =>
      this.prepared<[number, number], KeptBatch & { id: number }>(
        `SELECT id, terminal, first_seq AS first, last_seq AS last, received_at AS receivedAt, frame
         FROM batch WHERE id > ? ORDER BY id LIMIT ?`,
      )
        .all(after, limit)
        .map(({ id, ...batch }) => ({ position: id, batch })),
    );
  }

  close(): Promise<void> {
    return this.run(() => {
      this.database.close();
      this.occupancy?.end();
    });
  }

  private post(group: CommitGroup): Committed {
    this.books.begin();
    const posting = account(this.books, group.arrivals);
    this.books.keep(posting.frames);
    this.books.write(posting);
    this.quarantineRows.put(group);
    return { outcomes: posting.outcomes, offices: this.books.officesOf(posting.counters) };
  }

  private readonly statements = new Map<string, Database.Statement>();

  private prepared<P extends unknown[], R>(sql: string): Database.Statement<P, R> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement as Database.Statement<P, R>;
  }

  private async run<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.folder);
    }
  }
}

const DIFFERENCES = SIX.map((name) => `sum(difference_${name}) AS difference_${name}`).join();

type TerminalRow = Record<string, number | null>;

function terminalBooks(row: TerminalRow): TerminalBooks {
  const six = SIX.map((name) => row[`difference_${name}`]);
  return {
    terminal: row.terminal as TerminalId,
    committed: row.committed as Seq,
    boot: row.boot!,
    lastEventAt: row.last_event_at as UnixMs | null,
    missing: row.missing!,
    difference: six[0] === null ? null : (six as Six),
  };
}
