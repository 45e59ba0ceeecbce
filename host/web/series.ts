/**
 * The chart's numbers: every hour of the span, the silent ones included, up to the hour that runs.
 * Over 14 days an hour's rate is mostly noise, so there the rate is the day's.
 */
import type { Hours } from '../api/schema.js';
import type { SpanName } from './feed.js';
import { dayOf } from './format.js';

export const HOUR_MS = 3_600_000;
const HOURS_SHOWN = 48;

export type Bucket = { readonly startMs: number; readonly rated: number; readonly satisfied: number };

export type Series = {
  readonly hours: readonly Bucket[];
  readonly days: readonly Bucket[];
  /** Rate drawn at each hour; null where nobody rated. */
  readonly shares: readonly (number | null)[];
  readonly rated: number;
  readonly most: Bucket | null;
};

export function seriesOf(given: Hours, span: SpanName, nowMs: number): Series {
  const known = new Map(given.hours.map((hour) => [Date.parse(hour.start), hour]));
  const lastMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const firstMs =
    span === 'hours'
      ? lastMs - (HOURS_SHOWN - 1) * HOUR_MS
      : firstHour(given.period.from, given.period.zone, lastMs);
  const hours: Bucket[] = [];
  for (let startMs = firstMs; startMs <= lastMs; startMs += HOUR_MS) {
    const hour = known.get(startMs);
    hours.push({ startMs, rated: hour?.rated ?? 0, satisfied: hour?.satisfied ?? 0 });
  }
  const days = daysOf(hours, given.period.zone);
  const shares = span === 'hours' ? hours.map(share) : dayShares(hours, days);
  const most = hours.reduce<Bucket | null>((a, b) => (b.rated > (a?.rated ?? 0) ? b : a), null);
  return { hours, days, shares, rated: hours.reduce((sum, { rated }) => sum + rated, 0), most };
}

export function share({ rated, satisfied }: Bucket): number | null {
  return rated === 0 ? null : satisfied / rated;
}

/** The hour at which a day of the zone begins: zones here differ from UTC by whole hours. */
function firstHour(day: string, zone: string, lastMs: number): number {
  let startMs = Math.min(Date.parse(`${day}T00:00:00Z`) + 14 * HOUR_MS, lastMs);
  while (dayOf(startMs, zone) >= day) startMs -= HOUR_MS;
  return startMs + HOUR_MS;
}

function daysOf(hours: readonly Bucket[], zone: string): Bucket[] {
  const days = new Map<string, Bucket>();
  for (const hour of hours) {
    const name = dayOf(hour.startMs, zone);
    const day = days.get(name) ?? { startMs: hour.startMs, rated: 0, satisfied: 0 };
    days.set(name, { ...day, rated: day.rated + hour.rated, satisfied: day.satisfied + hour.satisfied });
  }
  return [...days.values()];
}

function dayShares(hours: readonly Bucket[], days: readonly Bucket[]): (number | null)[] {
  let day = -1;
  return hours.map(({ startMs }) => {
    if (days[day + 1]?.startMs === startMs) day += 1;
    return share(days[day]!);
  });
}
