/**
 * Instants and the hour buckets of the tally. Stored times are Unix milliseconds and buckets are UTC
 * hours, so neither depends on where the host stands; only `zone.ts` knows about days.
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UnixMs = number & { readonly __brand: 'UnixMs' };
/** Whole hours since 1970-01-01T00:00:00Z. */
export type UnixHour = number & { readonly __brand: 'UnixHour' };

export const MS_PER_HOUR = 3_600_000;

export function hourOf(at: UnixMs): UnixHour {
  return Math.floor(at / MS_PER_HOUR) as UnixHour;
}

export function hourStart(hour: UnixHour): UnixMs {
  return (hour * MS_PER_HOUR) as UnixMs;
}

export function isoOf(at: UnixMs): string {
  return new Date(at).toISOString();
}
