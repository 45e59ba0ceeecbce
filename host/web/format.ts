/**
 * Numbers and times as people read them, all through Intl. Rates have one decimal and round halves up;
 * the page states that rule. Times are shown in the host's zone, not the reader's, because the figures
 * are of that zone's days.
 */
import type { Language } from './words.js';

/** British English for its order of day and month, which is the Vietnamese one. */
const LOCALE: Record<Language, string> = { vi: 'vi-VN', en: 'en-GB' };

export type Format = {
  readonly count: (value: number) => string;
  readonly rate: (share: number) => string;
  /** A rate on an axis, where the decimal would always be zero. */
  readonly tick: (share: number) => string;
  readonly date: (day: string) => string;
  readonly clock: (unixMs: number) => string;
  readonly clockExact: (unixMs: number) => string;
  readonly weekday: (unixMs: number) => string;
  readonly dayMonth: (unixMs: number) => string;
  readonly moment: (unixMs: number, todayMs: number) => string;
  readonly compare: (a: string, b: string) => number;
};

export function formatFor(language: Language, zone: string): Format {
  const locale = LOCALE[language];
  const time = (options: Intl.DateTimeFormatOptions, timeZone = zone) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options });
    return (unixMs: number) => format.format(unixMs);
  };
  const number = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(locale, { roundingMode: 'halfExpand', ...options } as object);
    return (value: number) => format.format(value);
  };
  const clock = time({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const dayMonth = time({ day: 'numeric', month: 'numeric' });
  // A day of the API is already one of the zone: it is printed as it stands.
  const date = time({ day: '2-digit', month: '2-digit', year: 'numeric' }, 'UTC');
  return {
    count: number({}),
    rate: number({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    tick: number({ style: 'percent', maximumFractionDigits: 0 }),
    date: (day) => date(Date.parse(day)),
    clock,
    clockExact: time({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    weekday: time({ weekday: 'short' }),
    dayMonth,
    moment: (unixMs, todayMs) =>
      dayOf(unixMs, zone) === dayOf(todayMs, zone) ? clock(unixMs) : `${dayMonth(unixMs)} ${clock(unixMs)}`,
    compare: new Intl.Collator(locale, { numeric: true }).compare,
  };
}

/** The day of the zone, YYYY-MM-DD, that an instant falls on. */
export function dayOf(unixMs: number, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(unixMs);
}

/** The day so many days before, by the calendar: a day that is 23 hours long is still a day. */
export function daysBefore(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - days);
  return date.toISOString().slice(0, 10);
}
