/**
 * Tables of the SQLite store, as a list of migrations: entry n takes a file from `user_version` n to
 * n + 1 and is never edited once released. Times are Unix milliseconds, hours are UTC hours.
 */

const FIRST = `
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE place (
  id TEXT PRIMARY KEY,
  parent TEXT REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED,
  kind TEXT NOT NULL CHECK (kind IN ('group', 'office', 'counter')),
  name TEXT NOT NULL,
  valid_from INTEGER,
  valid_to INTEGER,
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE terminal (id INTEGER PRIMARY KEY, key BLOB NOT NULL CHECK (length(key) = 32)) STRICT;

CREATE TABLE assignment (
  terminal INTEGER NOT NULL REFERENCES terminal (id),
  counter TEXT NOT NULL REFERENCES place (id),
  valid_from INTEGER NOT NULL,
  valid_to INTEGER CHECK (valid_to > valid_from),
  PRIMARY KEY (terminal, valid_from)
) STRICT, WITHOUT ROWID;

-- A terminal stands in one place at a time: half-open intervals that do not overlap.
CREATE TRIGGER assignment_insert AFTER INSERT ON assignment
WHEN EXISTS (
  SELECT 1 FROM assignment a WHERE a.terminal = NEW.terminal AND a.valid_from <> NEW.valid_from
    AND a.valid_from < coalesce(NEW.valid_to, 9e18) AND NEW.valid_from < coalesce(a.valid_to, 9e18))
BEGIN SELECT RAISE(ABORT, 'assignments overlap'); END;
CREATE TRIGGER assignment_update AFTER UPDATE ON assignment
WHEN EXISTS (
  SELECT 1 FROM assignment a WHERE a.terminal = NEW.terminal AND a.valid_from <> NEW.valid_from
    AND a.valid_from < coalesce(NEW.valid_to, 9e18) AND NEW.valid_from < coalesce(a.valid_to, 9e18))
BEGIN SELECT RAISE(ABORT, 'assignments overlap'); END;

-- The event store: sealed frames, append-only, in commit order. No index: it is read through.
CREATE TABLE batch (
  id INTEGER PRIMARY KEY,
  terminal INTEGER NOT NULL,
  log_id INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  frame BLOB NOT NULL
) STRICT;

CREATE TABLE log (
  terminal INTEGER NOT NULL,
  log_id INTEGER NOT NULL,
  committed INTEGER NOT NULL,
  boot INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  last_event_at INTEGER,
  known_event_at INTEGER,
  missing INTEGER NOT NULL,
  counted_1 INTEGER NOT NULL, counted_2 INTEGER NOT NULL, counted_3 INTEGER NOT NULL,
  counted_4 INTEGER NOT NULL, counted_5 INTEGER NOT NULL, counted_suppressed INTEGER NOT NULL,
  difference_1 INTEGER, difference_2 INTEGER, difference_3 INTEGER,
  difference_4 INTEGER, difference_5 INTEGER, difference_suppressed INTEGER,
  PRIMARY KEY (terminal, log_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE boot_clock (
  terminal INTEGER NOT NULL,
  log_id INTEGER NOT NULL,
  boot INTEGER NOT NULL,
  bounded INTEGER NOT NULL CHECK (bounded IN (0, 1)),
  offset_ms INTEGER NOT NULL,
  low_ms INTEGER,
  high_ms INTEGER NOT NULL,
  PRIMARY KEY (terminal, log_id, boot)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
  hour INTEGER NOT NULL,
  counter TEXT NOT NULL,
  terminal INTEGER NOT NULL,
  scale INTEGER NOT NULL,
  level INTEGER NOT NULL,
  bounded INTEGER NOT NULL CHECK (bounded IN (0, 1)),
  count INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (hour, counter, terminal, scale, level, bounded)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  terminal INTEGER NOT NULL,
  log_id INTEGER NOT NULL,
  counter TEXT NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('declared', 'overflow'))
) STRICT;
CREATE INDEX gap_at ON gap (at);

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  topic TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;

CREATE TABLE refused (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

export const MIGRATIONS: readonly string[] = [FIRST];

/** `application_id` of our files: "HLng". Another program's database is refused. */
export const APPLICATION_ID = 0x484c6e67;
