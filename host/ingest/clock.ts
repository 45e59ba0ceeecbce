/**
 * Wall time for terminals that have none. A boot that reaches the host itself gets a track of its
 * uptime (track.ts). A boot that was over before anything of it was received gets bounds instead, and
 * its events are marked `bounded`.
 */
import { MS_PER_CS } from '../../protocol/constants.js';
import type { UnixMs } from '../instant.js';
import { observe, type Track, wallAt } from './track.js';

export type Quality = 'exact' | 'bounded';

export type BootClock = {
  readonly quality: Quality;
  /** Wall time of the boot's uptime 0, best estimate. */
  readonly offsetMs: number;
  /** Uptime 0 was not before this; null when nothing is known of the time before. */
  readonly lowMs: number | null;
  /** Uptime 0 was not after this. */
  readonly highMs: number;
  /** Null for a boot that never reached the host itself. */
  readonly track: Track | null;
};

/** A clock as one batch may use it. */
export type Reading = {
  readonly clock: BootClock;
  readonly quality: Quality;
  /** Nothing in the batch happened before this, nor after that. */
  readonly notBefore: number;
  readonly notAfter: number;
};

/** The clock of a boot after a message that says what its uptime was when it was sent. */
export function heard(
  clock: BootClock | undefined,
  receivedAt: UnixMs,
  sentUptime: number,
): { clock: BootClock; trusted: boolean } {
  const before = clock?.track ?? null;
  const { track, trusted } = observe(before, sentUptime * MS_PER_CS, receivedAt);
  if (clock !== undefined && track === before) return { clock, trusted };
  const offsetMs = wallAt(track, 0);
  const lowMs = clock?.lowMs ?? null;
  return { clock: { quality: 'exact', offsetMs, lowMs, highMs: offsetMs, track }, trusted };
}

/**
 * The clock of a boot that was over before anything of it was received: its last event came no later
 * than the start of the boot that runs now, and it began no earlier than the last event whose time is
 * known. The estimate is the late bound, since a terminal usually restarts at once.
 */
export function bound(
  clock: BootClock | undefined,
  facts: { runningStartMs: number; lastUptime: number; knownEventAt: UnixMs | null },
): BootClock {
  if (clock?.quality === 'exact') return clock;
  const lowMs = clock === undefined ? facts.knownEventAt : clock.lowMs;
  const latestMs = facts.runningStartMs - facts.lastUptime * MS_PER_CS;
  const highMs = Math.min(latestMs, clock?.highMs ?? latestMs);
  if (clock !== undefined && clock.highMs === highMs) return clock;
  return { quality: 'bounded', offsetMs: highMs, lowMs, highMs, track: null };
}

/** Wall time of an uptime. */
export function eventTime({ clock, notBefore, notAfter }: Reading, uptime: number): UnixMs {
  const uptimeMs = uptime * MS_PER_CS;
  const at = clock.track === null ? clock.offsetMs + uptimeMs : wallAt(clock.track, uptimeMs);
  return Math.min(notAfter, Math.max(notBefore, at)) as UnixMs;
}
