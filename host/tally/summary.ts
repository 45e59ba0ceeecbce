/**
 * A period's summary, hours and terminals from the store: what the API answers and what `hailong
 * tally` prints. Offices valid at any time of the period are listed, rated or not; ratings of a
 * terminal that stood nowhere belong to no office and are told apart.
 */

import type { TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';
import type { Hours, OfficeFigures, Period, Summary, Terminal } from '../api/schema.js';
import type { Config } from '../config.js';
import { InputError } from '../errors.js';
import { hourOf, hourStart, isoOf, type UnixHour, type UnixMs } from '../instant.js';
import { Registry, validWithin } from '../registry/registry.js';
import type { Place, StoreReader, TallyRow, TerminalBooks } from '../store/store.js';
import { addDays, type DayRange, daysIn, type HourRange, parseDay, type Zone } from '../zone.js';
import { figures, isSatisfied } from './figures.js';

export const DEFAULT_PERIOD_DAYS = 14;
export const PERIOD_DAYS_MAX = 3_660;
export const HOURS_DAYS_MAX = 400;

export type PresenceView = { online(terminal: TerminalId): boolean };

export type Question = {
  readonly range: DayRange;
  /** Only this office; all when absent. */
  readonly office?: string | undefined;
};

export type Sources = {
  readonly store: StoreReader;
  readonly config: Config;
  readonly presence: PresenceView;
  now(): UnixMs;
};

/** Reads a period from two optional days; the last 14 days when neither is given. */
export function readPeriod(
  from: string | undefined,
  to: string | undefined,
  zone: Zone,
  now: UnixMs,
  daysMax = PERIOD_DAYS_MAX,
): DayRange {
  const day = (text: string) => {
    const parsed = parseDay(text);
    if (parsed === null) throw new InputError('bad_date', { text });
    return parsed;
  };
  const last = to === undefined ? zone.dayOf(now) : day(to);
  const first = from === undefined ? addDays(last, 1 - DEFAULT_PERIOD_DAYS) : day(from);
  if (first > last) throw new InputError('period_backwards', { from: first, to: last });
  const range = { from: first, to: last };
  if (daysIn(range) > daysMax) throw new InputError('period_long', { days: daysMax });
  return range;
}

export async function summary(sources: Sources, { range, office }: Question): Promise<Summary> {
  const { store, config } = sources;
  const hours = config.zone.hoursOf(range);
  const [view, rows, missingRows, books] = await Promise.all([
    store.registry(),
    store.tallies(hours),
    store.missing(hours),
    store.terminalBooks(),
  ]);
  const registry = new Registry(view);
  const only = office === undefined ? null : requireOffice(registry, office);
  const byOffice = groupByOffice(rows, registry);
  const missing = new Map<string, number>();
  for (const row of missingRows) {
    const id = registry.officeOf(row.counter)?.id ?? '';
    missing.set(id, (missing.get(id) ?? 0) + row.missing);
  }
  const listed = registry.offices.filter((place) =>
    only !== null ? place.id === only.id : isListed(place, hours, byOffice, missing),
  );
  const offices = listed.map((place) =>
    officeFigures(sources, registry, place, {
      rows: byOffice.get(place.id) ?? [],
      missing: missing.get(place.id) ?? 0,
      books,
      hours,
    }),
  );
  const all = listed.flatMap((place) => byOffice.get(place.id) ?? []);
  const missingInAll = listed.reduce((sum, place) => sum + (missing.get(place.id) ?? 0), 0);
  return {
    title: only?.name ?? view.title,
    period: periodOf(range, config.zone),
    total: figures(all, missingInAll, config.satisfied),
    offices,
    unassigned: only === null ? ratings(byOffice.get('') ?? []) : 0,
  };
}

/** Under '' what belongs to no office. */
function groupByOffice(rows: readonly TallyRow[], registry: Registry): Map<string, TallyRow[]> {
  const groups = new Map<string, TallyRow[]>();
  for (const row of rows) {
    const id = registry.officeOf(row.counter)?.id ?? '';
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}

function isListed(
  place: Place,
  hours: HourRange,
  rows: ReadonlyMap<string, TallyRow[]>,
  missing: ReadonlyMap<string, number>,
): boolean {
  const valid = validWithin(place, hourStart(hours.from), hourStart(hours.to));
  return valid || rows.has(place.id) || missing.has(place.id);
}

function officeFigures(
  { config, presence, now }: Sources,
  registry: Registry,
  place: Place,
  facts: { rows: TallyRow[]; missing: number; books: readonly TerminalBooks[]; hours: HourRange },
): OfficeFigures {
  const at = Math.min(now(), hourStart(facts.hours.to) - 1) as UnixMs;
  const here = registry.view.assignments
    .filter((one) => at >= one.from && (one.to === null || at < one.to))
    .filter((one) => registry.officeOf(one.counter)?.id === place.id)
    .map((one) => one.terminal);
  const times = facts.books
    .filter((book) => here.includes(book.terminal) && book.lastEventAt !== null)
    .map((book) => book.lastEventAt!);
  return {
    office: { id: place.id, name: place.name },
    figures: figures(facts.rows, facts.missing, config.satisfied),
    terminals: { total: here.length, online: here.filter((terminal) => presence.online(terminal)).length },
    lastEventAt: times.length === 0 ? null : isoOf(Math.max(...times) as UnixMs),
  };
}

/** Every hour of the period up to now, so that an hour without ratings is seen as one. */
export async function hours(sources: Sources, { range, office }: Question): Promise<Hours> {
  const { store, config } = sources;
  const registry = new Registry(await store.registry());
  const only = office === undefined ? null : requireOffice(registry, office);
  const span = config.zone.hoursOf(range);
  const counters = (only === null ? registry.offices : [only]).flatMap(({ id }) => registry.countersOf(id));
  const counts = new Map<UnixHour, { rated: number; satisfied: number }>();
  for (const { hour, scale, level, count } of await store.hourly(span, counters)) {
    const sum = counts.get(hour) ?? { rated: 0, satisfied: 0 };
    sum.rated += count;
    if (isSatisfied(config.satisfied, scale, level)) sum.satisfied += count;
    counts.set(hour, sum);
  }
  const list: Hours['hours'] = [];
  const end = Math.min(span.to, hourOf(sources.now()) + 1);
  for (let hour = span.from; hour < end; hour = (hour + 1) as UnixHour) {
    list.push({ start: isoOf(hourStart(hour)), ...(counts.get(hour) ?? { rated: 0, satisfied: 0 }) });
  }
  return { period: periodOf(range, config.zone), hours: list };
}

/** Every terminal of the registry, where it stands now and how its books are. */
export async function terminals({ store, presence, now }: Sources): Promise<Terminal[]> {
  const [view, books] = await Promise.all([store.registry(), store.terminalBooks()]);
  const registry = new Registry(view);
  const byTerminal = new Map(books.map((book) => [book.terminal, book]));
  return view.terminals.map((terminal) => {
    const book = byTerminal.get(terminal);
    const counter = registry.assignmentAt(terminal, now())?.counter;
    const place = counter === undefined ? null : registry.place(counter);
    const office = counter === undefined ? null : registry.officeOf(counter);
    const lastEventAt = book?.lastEventAt ?? null;
    return {
      terminal: terminalHex(terminal),
      office: office === null ? null : { id: office.id, name: office.name },
      counter: place === null ? null : { id: place.id, name: place.name },
      online: presence.online(terminal),
      boot: book?.boot ?? null,
      committed: book?.committed ?? 0,
      lastEventAt: lastEventAt === null ? null : isoOf(lastEventAt),
      missing: book?.missing ?? 0,
      difference: book?.difference ?? null,
    };
  });
}

/** Terminals whose own running totals are not what the host has counted; of one office when given. */
export function differing(all: readonly Terminal[], office?: string): Terminal[] {
  return all.filter(
    (one) =>
      one.difference?.some((more) => more !== 0) === true &&
      (office === undefined || one.office?.id === office),
  );
}

function requireOffice(registry: Registry, id: string): Place {
  const office = registry.office(id);
  if (office !== null) return office;
  const known = registry.offices.map((place) => place.id);
  const near = known.filter((one) => one.includes(id) || id.includes(one));
  const shown = (near.length > 0 ? near : known).slice(0, 8);
  throw new InputError('office_unknown', { office: id, known: shown.join(', ') });
}

function ratings(rows: readonly TallyRow[]): number {
  return rows.reduce((sum, row) => sum + (row.scale > 0 ? row.count : 0), 0);
}

function periodOf(range: DayRange, zone: Zone): Period {
  return { from: range.from, to: range.to, zone: zone.name };
}
