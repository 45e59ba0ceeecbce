/**
 * Wall time for terminals that have none. A boot's offset is the least (receive time - sent uptime)
 * the host has seen: a message can be late but never early, so the least is the closest. A boot that
 * never reached the host itself gets bounds instead, and its events are marked `bounded`.
 * Drift of the terminal's oscillator is not corrected yet; it would replace `offsetMs` by a line.
 */
import { MS_PER_CS } from '../../protocol/constants.js';
import type { UptimeCs } from '../../protocol/messages.js';
import type { UnixMs } from '../instant.js';

export type Quality = 'exact' | 'bounded';

export type BootClock = {
  readonly quality: Quality;
  /** Wall time of the boot's uptime 0, best estimate. */
  readonly offsetMs: number;
  /** Uptime 0 was not before this; null when nothing is known of the time before. */
  readonly lowMs: number | null;
  /** Uptime 0 was not after this. */
  readonly highMs: number;
};

/** The clock of a boot after a message that says what its uptime was when it was sent. */
export function observe(
  clock: BootClock | undefined,
  receivedAt: UnixMs,
  sentUptime: number | UptimeCs,
): BootClock {
  const offsetMs = receivedAt - sentUptime * MS_PER_CS;
  if (clock?.quality === 'exact' && clock.offsetMs <= offsetMs) return clock;
  return { quality: 'exact', offsetMs, lowMs: clock?.lowMs ?? null, highMs: offsetMs };
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
  return { quality: 'bounded', offsetMs: highMs, lowMs, highMs };
}

/** Wall time of an uptime, never later than the receipt that told of it. */
export function eventTime(clock: BootClock, uptime: number, receivedAt: UnixMs): UnixMs {
  return Math.min(receivedAt, Math.max(0, clock.offsetMs + uptime * MS_PER_CS)) as UnixMs;
}
