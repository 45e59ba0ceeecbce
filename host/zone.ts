/**
 * Days of the configured zone. A day begins on a whole UTC hour, because tallies are kept by UTC hour:
 * a zone whose offset is not a whole number of hours is refused rather than approximated.
 */
import { HostError } from './errors.js';
import { hourOf, MS_PER_HOUR, type UnixHour, type UnixMs } from './instant.js';

/** A day of the zone, YYYY-MM-DD. */
export type Day = string & { readonly __brand: 'Day' };

export type DayRange = { readonly from: Day; readonly to: Day };
export type HourRange = { readonly from: UnixHour /** Exclusive. */; readonly to: UnixHour };

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MS_PER_DAY = 24 * MS_PER_HOUR;
const YEAR_MIN = 2000;
const YEAR_MAX = 2099;

/** A day that exists in the calendar, or null. */
export function parseDay(text: string): Day | null {
  const match = DAY.exec(text);
  if (match === null || Number(match[1]) < YEAR_MIN || Number(match[1]) > YEAR_MAX) return null;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? (text as Day) : null;
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * MS_PER_DAY).toISOString().slice(0, 10) as Day;
}

export function daysIn(range: DayRange): number {
  return (Date.parse(range.to) - Date.parse(range.from)) / MS_PER_DAY + 1;
}

export class Zone {
  private readonly format: Intl.DateTimeFormat;

  constructor(readonly name: string) {
    try {
      this.format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw new HostError('zone_unknown', { zone: name });
    }
    this.refusePartHours();
  }

  /** The zone's wall clock at `at`, less UTC. */
  private offsetMs(at: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(at)) part[type] = Number(value);
    const wall = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
    return wall - Math.floor(at / 1000) * 1000;
  }

  /** Looks at both halves of each year, so that a summer time of half an hour is found too. */
  private refusePartHours(): void {
    for (let year = 2020; year <= 2035; year++) {
      for (const month of [0, 6]) {
        if (this.offsetMs(Date.UTC(year, month, 1)) % MS_PER_HOUR !== 0) {
          throw new HostError('zone_part_hour', { zone: this.name });
        }
      }
    }
  }

  dayOf(at: UnixMs): Day {
    return new Date(at + this.offsetMs(at)).toISOString().slice(0, 10) as Day;
  }

  startOf(day: Day): UnixMs {
    const wall = Date.parse(`${day}T00:00:00Z`);
    // The offset is asked for at a guess, then at the instant it gives: right across a clock change.
    const guess = wall - this.offsetMs(wall);
    return (wall - this.offsetMs(guess)) as UnixMs;
  }

  hoursOf(range: DayRange): HourRange {
    return { from: hourOf(this.startOf(range.from)), to: hourOf(this.startOf(addDays(range.to, 1))) };
  }
}
