/**
 * Registry rows. A terminal's place has a validity interval: moving it closes the interval before, so
 * ratings already given stay where they were given. Loading the same document again changes nothing.
 */
import type Database from 'better-sqlite3';
import type { TerminalId } from '../../../protocol/messages.js';
import { InputError } from '../../errors.js';
import type { UnixMs } from '../../instant.js';
import type { Assignment, Place, RegistryChange, RegistryView } from '../store.js';

export class SqliteRegistry {
  constructor(private readonly database: Database.Database) {}

  view(): RegistryView {
    const { database } = this;
    const title = database.prepare("SELECT value FROM setting WHERE name = 'title'").pluck().get();
    return {
      title: (title as string | undefined) ?? '',
      places: database
        .prepare<[], Place>(
          `SELECT id, parent, kind, name, valid_from AS "from", valid_to AS "to" FROM place
           ORDER BY position, id`,
        )
        .all(),
      terminals: database.prepare('SELECT id FROM terminal ORDER BY id').pluck().all() as TerminalId[],
      assignments: database
        .prepare<[], Assignment>(
          `SELECT terminal, counter, valid_from AS "from", valid_to AS "to" FROM assignment
           ORDER BY terminal, valid_from`,
        )
        .all(),
    };
  }

  /** Must run inside a transaction. */
  change(change: RegistryChange): void {
    const { database } = this;
    if (change.title !== null) {
      database
        .prepare("INSERT INTO setting VALUES ('title', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .run(change.title);
    }
    this.putPlaces(change.places);
    const putTerminal = database.prepare(
      'INSERT INTO terminal VALUES (?, ?) ON CONFLICT DO UPDATE SET key = excluded.key',
    );
    for (const { id, key } of change.terminals) putTerminal.run(id, key);
    const inOrder = [...change.assignments].sort((a, b) => a.from - b.from);
    for (const assignment of inOrder) this.assign(assignment);
  }

  private putPlaces(places: readonly Place[]): void {
    const put = this.database.prepare(
      `INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(position), 0) + 1 FROM place))
       ON CONFLICT DO UPDATE SET parent = excluded.parent, kind = excluded.kind, name = excluded.name,
         valid_from = excluded.valid_from, valid_to = excluded.valid_to`,
    );
    for (const place of places) {
      put.run(place.id, place.parent, place.kind, place.name, place.from, place.to);
    }
  }

  private assign({ terminal, counter, from, to }: Assignment): void {
    const { database } = this;
    const next = database
      .prepare('SELECT min(valid_from) FROM assignment WHERE terminal = ? AND valid_from > ?')
      .pluck()
      .get(terminal, from) as UnixMs | null;
    const until = to === null ? next : next === null ? to : Math.min(to, next);
    if (to !== null && to <= from) throw new InputError('registry_interval', { terminal });
    database
      .prepare(
        `UPDATE assignment SET valid_to = ? WHERE terminal = ? AND valid_from < ?
         AND (valid_to IS NULL OR valid_to > ?)`,
      )
      .run(from, terminal, from, from);
    database
      .prepare(
        `INSERT INTO assignment VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET counter = excluded.counter, valid_to = excluded.valid_to`,
      )
      .run(terminal, counter, from, until);
  }
}
