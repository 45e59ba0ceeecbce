/**
 * The registry document: places as a tree of any depth with validity dates, and terminals with their
 * keys and counters. Checked entry by entry, so that the person who wrote it is told which one is
 * wrong; what passes is what a store can take.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { TerminalId } from '../../protocol/messages.js';
import { parseTerminal } from '../../protocol/topic.js';
import { InputError } from '../errors.js';
import type { UnixMs } from '../instant.js';
import type { Assignment, Place, RegistryChange } from '../store/store.js';
import { parseDay, type Zone } from '../zone.js';

const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' });
const Time = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?Z)?$' });
const Optional = <T extends import('@sinclair/typebox').TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const PlaceEntry = Type.Object(
  {
    id: Id,
    parent: Optional(Id),
    kind: Type.Union([Type.Literal('group'), Type.Literal('office'), Type.Literal('counter')]),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    from: Optional(Time),
    to: Optional(Time),
  },
  { additionalProperties: false },
);

const TerminalEntry = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{8}$' }),
    key: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    counter: Optional(Id),
    from: Optional(Time),
    to: Optional(Time),
  },
  { additionalProperties: false },
);

export const RegistryDocument = Type.Object(
  {
    title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    places: Type.Array(PlaceEntry),
    terminals: Type.Array(TerminalEntry),
  },
  { additionalProperties: false },
);

/** Days (YYYY-MM-DD, from midnight in the host's zone) or UTC times (…Z); `to` is exclusive. */
export type RegistryDocument = Static<typeof RegistryDocument>;

/** What may stand below what. */
const PARENT_KINDS = { group: ['group'], office: ['group'], counter: ['office'] } as const;

/**
 * Checks a document against what the store already holds, so that a document may add to it. Throws
 * InputError naming the faulty entry.
 */
export function checkRegistry(document: unknown, zone: Zone, known: readonly Place[] = []): RegistryChange {
  if (!Value.Check(RegistryDocument, document)) {
    const first = Value.Errors(RegistryDocument, document).First();
    const where =
      first?.path
        .slice(1)
        .replace(/\/(\d+)/g, '[$1]')
        .replaceAll('/', '.') ?? '';
    throw new InputError('registry_shape', {
      where: where === '' ? '.' : where,
      reason: first?.message ?? '',
    });
  }
  const places = document.places.map((entry, i) => placeOf(entry, `places[${i}]`, zone));
  checkTree(places, known);
  const kinds = new Map([...known, ...places].map((place) => [place.id, place.kind]));
  const keys = new Map<TerminalId, string>();
  const assignments: Assignment[] = [];
  document.terminals.forEach((entry, i) => {
    const where = `terminals[${i}] (${entry.id})`;
    const id = parseTerminal(entry.id)!;
    const key = keys.get(id);
    if (key !== undefined && key !== entry.key) throw new InputError('registry_two_keys', { where });
    keys.set(id, entry.key);
    const assignment = assignmentOf(entry, id, where, zone, kinds);
    if (assignment !== null) assignments.push(assignment);
  });
  checkOverlaps(assignments);
  const terminals = [...keys].map(([id, key]) => ({ id, key: new Uint8Array(Buffer.from(key, 'hex')) }));
  return { title: document.title ?? null, places, terminals, assignments };
}

function placeOf(entry: Static<typeof PlaceEntry>, at: string, zone: Zone): Place {
  const where = `${at} (${entry.id})`;
  const from = timeOf(entry.from, where, zone);
  const to = timeOf(entry.to, where, zone);
  if (from !== null && to !== null && to <= from) throw new InputError('registry_interval', { where });
  return {
    id: entry.id,
    parent: entry.parent ?? null,
    kind: entry.kind,
    name: entry.name.normalize('NFC'),
    from,
    to,
  };
}

function timeOf(text: string | null | undefined, where: string, zone: Zone): UnixMs | null {
  if (text === null || text === undefined) return null;
  const day = parseDay(text);
  if (day !== null) return zone.startOf(day);
  const at = text.includes('T') ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InputError('registry_time', { where, text });
  return at as UnixMs;
}

function checkTree(places: readonly Place[], known: readonly Place[]): void {
  const all = new Map(known.map((place) => [place.id, place]));
  const own = new Set<string>();
  places.forEach((place, i) => {
    const where = `places[${i}] (${place.id})`;
    if (own.has(place.id)) throw new InputError('registry_twice', { where });
    own.add(place.id);
    all.set(place.id, place);
  });
  places.forEach((place, i) => {
    const where = `places[${i}] (${place.id})`;
    if (place.parent === null) {
      if (place.kind === 'counter') throw new InputError('registry_no_office', { where });
      return;
    }
    const parent = all.get(place.parent);
    if (parent === undefined) throw new InputError('registry_no_parent', { where, parent: place.parent });
    if (!(PARENT_KINDS[place.kind] as readonly string[]).includes(parent.kind)) {
      throw new InputError('registry_parent_kind', { where, parent: place.parent });
    }
    for (let above: Place | undefined = parent, steps = 0; above !== undefined; steps++) {
      if (above.id === place.id || steps > all.size) throw new InputError('registry_circle', { where });
      above = above.parent === null ? undefined : all.get(above.parent);
    }
  });
}

function assignmentOf(
  entry: Static<typeof TerminalEntry>,
  terminal: TerminalId,
  where: string,
  zone: Zone,
  kinds: ReadonlyMap<string, string>,
): Assignment | null {
  const { counter } = entry;
  if (counter === null || counter === undefined) return null;
  if (kinds.get(counter) !== 'counter') throw new InputError('registry_no_counter', { where, counter });
  const from = timeOf(entry.from, where, zone);
  const to = timeOf(entry.to, where, zone);
  if (from === null) throw new InputError('registry_no_from', { where });
  if (to !== null && to <= from) throw new InputError('registry_interval', { where });
  return { terminal, counter, from, to };
}

/** Within one document an overlap is a mistake; against the store, the later place ends the earlier. */
function checkOverlaps(assignments: readonly Assignment[]): void {
  const seen = new Set<string>();
  for (const { terminal, from } of assignments) {
    const key = `${terminal} ${from}`;
    if (seen.has(key))
      throw new InputError('registry_two_places', { terminal: terminal.toString(16).padStart(8, '0') });
    seen.add(key);
  }
}
