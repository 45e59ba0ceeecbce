/**
 * Accounting's books as SQLite rows: reads what `account` asks for and writes what it posts. Must be
 * used inside one IMMEDIATE transaction, so that the watermark read is the watermark advanced. Only the
 * registry and clocks are remembered between transactions, while no other connection has written and
 * none of ours was rolled back; log books never are.
 */
import type Database from 'better-sqlite3';
import type { LogId, Seq, TerminalId } from '../../../protocol/messages.js';
import type { Books, KeptFrame, LogState, Placement, Posting, Six, TallyCell } from '../../ingest/books.js';
import { SLOT_STRIDE, SLOTS } from '../../ingest/books.js';
import type { BootClock } from '../../ingest/clock.js';
import type { Track } from '../../ingest/track.js';
import type { UnixMs } from '../../instant.js';

type ClockRow = {
  bounded: number;
  offsetMs: number;
  lowMs: number | null;
  highMs: number;
  track: string | null;
};

/** What a log's columns of six counts end in. */
export const SIX = ['1', '2', '3', '4', '5', 'suppressed'];
const LOG_COLUMNS = ['terminal', 'log_id', 'committed', 'boot', 'received_at', 'last_event_at']
  .concat(['known_event_at', 'missing'])
  .concat(SIX.map((name) => `counted_${name}`))
  .concat(SIX.map((name) => `difference_${name}`));
const COUNTED_AT = 8;
/** Clocks remembered; a district has far fewer terminals than this. */
const CLOCKS_MAX = 50_000;

export class SqliteBooks implements Books {
  private readonly readLog;
  private readonly readClock;
  private readonly readPlacements;
  private readonly writeLog;
  private readonly writeClock;
  private readonly writeTally;
  private readonly writeGap;
  private readonly writeBatch;
  private readonly readOffice;

  /** As read; good while SQLite's data_version stands still. */
  private readonly placed = new Map<TerminalId, readonly Placement[]>();
  private readonly offices = new Map<string, string | null>();
  private readonly clocks = new Map<string, BootClock | undefined>();
  private version = -1;

  constructor(private readonly database: Database.Database) {
    // Twenty columns by position are read in half the time of twenty by name.
    this.readLog = database
      .prepare<[number, number], (number | null)[]>(
        `SELECT ${LOG_COLUMNS.join()} FROM log WHERE terminal = ? AND log_id = ?`,
      )
      .raw();
    this.readClock = database.prepare<[number, number, number], ClockRow>(
      `SELECT bounded, offset_ms AS offsetMs, low_ms AS lowMs, high_ms AS highMs, track FROM boot_clock
       WHERE terminal = ? AND log_id = ? AND boot = ?`,
    );
    this.readPlacements = database.prepare<[number], Placement>(
      'SELECT counter, valid_from AS "from", valid_to AS "to" FROM assignment WHERE terminal = ?',
    );
    this.writeLog = database.prepare(
      `INSERT INTO log (${LOG_COLUMNS.join()}) VALUES (${LOG_COLUMNS.map(() => '?').join()})
       ON CONFLICT DO UPDATE SET ${LOG_COLUMNS.slice(2).map((name) => `${name} = excluded.${name}`)}`,
    );
    this.writeClock = database.prepare(
      `INSERT INTO boot_clock VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        bounded = excluded.bounded, offset_ms = excluded.offset_ms, low_ms = excluded.low_ms,
        high_ms = excluded.high_ms, track = excluded.track`,
    );
    this.writeTally = database.prepare(
      `INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    this.writeGap = database.prepare('INSERT INTO gap VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.writeBatch = database.prepare('INSERT INTO batch VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    this.readOffice = database
      .prepare<[string], string>(
        `WITH RECURSIVE above (id, parent, kind) AS (
           SELECT id, parent, kind FROM place WHERE id = ?
           UNION SELECT p.id, p.parent, p.kind FROM place p JOIN above a ON p.id = a.parent)
         SELECT id FROM above WHERE kind = 'office' LIMIT 1`,
      )
      .pluck();
  }

  log(terminal: TerminalId, log: LogId): LogState | undefined {
    const row = this.readLog.get(terminal, log);
    if (row === undefined) return undefined;
    const [, , committed, boot, receivedAt, lastEventAt, knownEventAt, missing] = row;
    const difference = row.slice(COUNTED_AT + SIX.length);
    return {
      terminal,
      log,
      committed: committed as Seq,
      boot: boot!,
      receivedAt: receivedAt as UnixMs,
      lastEventAt: lastEventAt as UnixMs | null,
      knownEventAt: knownEventAt as UnixMs | null,
      missing: missing!,
      counted: row.slice(COUNTED_AT, COUNTED_AT + SIX.length) as Six,
      difference: difference[0] === null ? null : (difference as Six),
    };
  }

  clock(terminal: TerminalId, log: LogId, boot: number): BootClock | undefined {
    const key = `${terminal} ${log} ${boot}`;
    if (!this.clocks.has(key)) {
      if (this.clocks.size >= CLOCKS_MAX) this.clocks.clear();
      this.clocks.set(key, this.clockRow(terminal, log, boot));
    }
    return this.clocks.get(key);
  }

  private clockRow(terminal: TerminalId, log: LogId, boot: number): BootClock | undefined {
    const row = this.readClock.get(terminal, log, boot);
    if (row === undefined) return undefined;
    const { offsetMs, lowMs, highMs } = row;
    if (row.bounded === 1) return { quality: 'bounded', offsetMs, lowMs, highMs, track: null };
    // A row of the first release has one offset for the whole boot.
    const track: Track =
      row.track === null ? { anchors: [[0, offsetMs]], rival: null } : (JSON.parse(row.track) as Track);
    return { quality: 'exact', offsetMs, lowMs, highMs, track };
  }

  placements(terminal: TerminalId): readonly Placement[] {
    let placements = this.placed.get(terminal);
    if (placements === undefined) {
      placements = this.readPlacements.all(terminal);
      this.placed.set(terminal, placements);
    }
    return placements;
  }

  /** Call first in each transaction: forgets what another process has changed meanwhile. */
  begin(): void {
    const version = this.database.pragma('data_version', { simple: true }) as number;
    if (version !== this.version) this.forget();
    this.version = version;
  }

  /** Forgets what was read: the registry has changed, or what was written is not there. */
  forget(): void {
    this.clocks.clear();
    this.placed.clear();
    this.offices.clear();
  }

  /** Keeps the frames that something was taken from: what everything else can be rebuilt from. */
  keep(frames: readonly KeptFrame[]): void {
    for (const { arrival, first, last } of frames) {
      const { terminal, log } = arrival.message;
      this.writeBatch.run(terminal, log, first, last, arrival.receivedAt, arrival.frame);
    }
  }

  /** Writes what follows from the frames. */
  write(posting: Posting): void {
    for (const state of posting.logs) this.putLog(state);
    for (const { terminal, log, boot, clock } of posting.clocks) {
      const bounded = clock.quality === 'bounded' ? 1 : 0;
      const { offsetMs, lowMs, highMs } = clock;
      this.clocks.set(`${terminal} ${log} ${boot}`, clock);
      const track = clock.track === null ? null : JSON.stringify(clock.track);
      this.writeClock.run(terminal, log, boot, bounded, offsetMs, lowMs, highMs, track);
    }
    for (const cell of posting.cells) this.addCell(cell);
    for (const gap of posting.gaps) {
      const { terminal, log, counter, at, receivedAt, first, last, lost, reason } = gap;
      this.writeGap.run(terminal, log, counter, at, receivedAt, first, last, lost, reason);
    }
  }

  officesOf(counters: Iterable<string>): string[] {
    const offices = new Set<string>();
    for (const counter of counters) {
      if (!this.offices.has(counter)) this.offices.set(counter, this.readOffice.get(counter) ?? null);
      const office = this.offices.get(counter);
      if (office) offices.add(office);
    }
    return [...offices];
  }

  private putLog(state: LogState): void {
    this.writeLog.run(
      state.terminal,
      state.log,
      state.committed,
      state.boot,
      state.receivedAt,
      state.lastEventAt,
      state.knownEventAt,
      state.missing,
      ...state.counted,
      ...(state.difference ?? NO_DIFFERENCE),
    );
  }

  private addCell(cell: TallyCell): void {
    const bounded = cell.quality === 'bounded' ? 1 : 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const count = cell.counts[slot]!;
      if (count === 0) continue;
      const level = slot % SLOT_STRIDE;
      const scale = (slot - level) / SLOT_STRIDE;
      this.writeTally.run(cell.hour, cell.counter, cell.terminal, scale, level, bounded, count);
    }
  }
}

const NO_DIFFERENCE: readonly null[] = [null, null, null, null, null, null];
