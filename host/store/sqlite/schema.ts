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

const SECOND = `
-- JSON: anchors and rival, see ingest/track.ts. Null for a boot that never reached the host itself.
ALTER TABLE boot_clock ADD COLUMN track TEXT;

-- What a rebuild needs beside the kept frames: where terminals were said to stand when each frame was
-- counted (as of batch rows up to after_batch, the rows before held), and keys no longer in use.
CREATE TABLE assignment_past (
  id INTEGER PRIMARY KEY,
  after_batch INTEGER NOT NULL,
  terminal INTEGER NOT NULL,
  counter TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER
) STRICT;
INSERT INTO assignment_past SELECT NULL, 0, terminal, counter, valid_from, valid_to FROM assignment;
CREATE TRIGGER assignment_inserted AFTER INSERT ON assignment
BEGIN
  INSERT INTO assignment_past VALUES (NULL, (SELECT coalesce(max(id), 0) FROM batch),
    NEW.terminal, NEW.counter, NEW.valid_from, NEW.valid_to);
END;
CREATE TRIGGER assignment_changed AFTER UPDATE ON assignment
WHEN NEW.counter IS NOT OLD.counter OR NEW.valid_to IS NOT OLD.valid_to
BEGIN
  INSERT INTO assignment_past VALUES (NULL, (SELECT coalesce(max(id), 0) FROM batch),
    NEW.terminal, NEW.counter, NEW.valid_from, NEW.valid_to);
END;

CREATE TABLE former_key (
  terminal INTEGER NOT NULL,
  key BLOB NOT NULL,
  PRIMARY KEY (terminal, key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER terminal_rekeyed AFTER UPDATE ON terminal WHEN NEW.key <> OLD.key
BEGIN INSERT INTO former_key VALUES (OLD.id, OLD.key) ON CONFLICT DO NOTHING; END;
`;

export const MIGRATIONS: readonly string[] = [FIRST, SECOND];

/** `application_id` of our files: "HLng". Another program's database is refused. */
export const APPLICATION_ID = 0x484c6e67;
