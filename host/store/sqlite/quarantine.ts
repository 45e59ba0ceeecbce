/**
 * What was refused, as rows: the newest are kept as evidence, all are counted by reason.
 */
import type Database from 'better-sqlite3';
import { type CommitGroup, QUARANTINE_ROWS_MAX, type QuarantineRow } from '../store.js';

export class SqliteQuarantine {
  private readonly count;
  private readonly insert;
  private readonly trim;
  private readonly readCounts;
  private readonly readNewest;

  constructor(database: Database.Database) {
    this.count = database.prepare<[string, number]>(
      'INSERT INTO refused VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
    this.insert = database.prepare<[number, string, string, Uint8Array]>(
      'INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?)',
    );
    this.trim = database.prepare<[number]>(
      'DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?',
    );
    this.readCounts = database.prepare<[], { reason: string; count: number }>('SELECT * FROM refused');
    this.readNewest = database.prepare<[number], QuarantineRow>(
      `SELECT received_at AS receivedAt, topic, reason, payload FROM quarantine
       ORDER BY id DESC LIMIT ?`,
    );
  }

  /** Must run inside a transaction. */
  put({ quarantine, refused }: CommitGroup): void {
    for (const [reason, more] of refused) this.count.run(reason, more);
    if (quarantine.length === 0) return;
    for (const { receivedAt, topic, reason, payload } of quarantine) {
      this.insert.run(receivedAt, topic, reason, payload);
    }
    this.trim.run(QUARANTINE_ROWS_MAX);
  }

  refused(): Record<string, number> {
    return Object.fromEntries(this.readCounts.all().map(({ reason, count }) => [reason, count]));
  }

  newest(limit: number): QuarantineRow[] {
    return this.readNewest.all(limit);
  }
}
