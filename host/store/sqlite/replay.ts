/**
 * The kept frames, read again in the order in which they were counted: each seal is verified once more,
 * and terminals stand where they were said to stand when the frame was counted. Reads a chunk at a time.
 */
import type Database from 'better-sqlite3';
import { decode } from '../../../protocol/codec.js';
import type { LogId, Seq, TerminalId } from '../../../protocol/messages.js';
import { open, SealKey } from '../../../protocol/seal.js';
import { terminalHex } from '../../../protocol/topic.js';
import { StoreError } from '../../errors.js';
import type { Arrival, Placement } from '../../ingest/books.js';
import type { UnixMs } from '../../instant.js';

export type KeptRow = {
  readonly id: number;
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly first: Seq;
  readonly last: Seq;
  readonly receivedAt: UnixMs;
  readonly frame: Uint8Array;
};

type PastRow = Placement & { readonly terminal: TerminalId; readonly afterBatch: number };

const CHUNK_ROWS = 2_000;

export class Replay {
  private readonly rows;
  private readonly keyRows;
  private readonly past: PastRow[];
  private applied = 0;
  private readonly placed = new Map<TerminalId, Map<UnixMs, Placement>>();
  private readonly keys = new Map<TerminalId, SealKey[]>();

  constructor(database: Database.Database) {
    this.rows = database.prepare<[number, number], KeptRow>(
      `SELECT id, terminal, log_id AS log, first_seq AS first, last_seq AS last,
        received_at AS receivedAt, frame
       FROM batch WHERE id > ? AND id <= ? ORDER BY id LIMIT ${CHUNK_ROWS}`,
    );
    this.keyRows = database
      .prepare<[number, number], Uint8Array>(
        `SELECT key FROM terminal WHERE id = ? UNION ALL SELECT key FROM former_key WHERE terminal = ?`,
      )
      .pluck();
    this.past = database
      .prepare<[], PastRow>(
        `SELECT after_batch AS afterBatch, terminal, counter, valid_from AS "from", valid_to AS "to"
         FROM assignment_past ORDER BY id`,
      )
      .all();
  }

  /** The next rows after `position`, all counted under the same placements; none at the end. */
  next(position: number): KeptRow[] {
    for (; this.applied < this.past.length; this.applied++) {
      const change = this.past[this.applied]!;
      if (change.afterBatch > position) {
        const rows = this.rows.all(position, change.afterBatch) as KeptRow[];
        // Row numbers may have been skipped just before the change.
        if (rows.length > 0) return rows;
      }
      this.place(change);
    }
    return this.rows.all(position, Number.MAX_SAFE_INTEGER) as KeptRow[];
  }

  /** Where the terminal was said to stand when the rows that `next` gave last were counted. */
  placements(terminal: TerminalId): readonly Placement[] {
    return [...(this.placed.get(terminal)?.values() ?? [])];
  }

  /** What ingest made of the row's frame; throws when the frame is not what was once accepted. */
  arrival(row: KeptRow): Arrival {
    const { frame, receivedAt } = row;
    for (const key of this.keysOf(row.terminal)) {
      const opened = open(key, 'up', frame);
      if (opened.kind === 'rejected') continue;
      const decoded = decode(opened.content);
      if (decoded.kind === 'rejected') break;
      const { message } = decoded;
      if (message.kind !== 'batch' && message.kind !== 'gap') break;
      if (message.terminal !== row.terminal || message.log !== row.log) break;
      return { message, frame, receivedAt };
    }
    throw new StoreError('rebuild_seal', { batch: row.id, terminal: terminalHex(row.terminal) });
  }

  /** Every key the registry has given the terminal, today's first. */
  private keysOf(terminal: TerminalId): SealKey[] {
    let keys = this.keys.get(terminal);
    if (keys === undefined) {
      keys = (this.keyRows.all(terminal, terminal) as Uint8Array[]).map((key) => new SealKey(key));
      this.keys.set(terminal, keys);
    }
    return keys;
  }

  private place({ terminal, counter, from, to }: PastRow): void {
    let placements = this.placed.get(terminal);
    if (placements === undefined) {
      placements = new Map();
      this.placed.set(terminal, placements);
    }
    placements.set(from, { counter, from, to });
  }
}
