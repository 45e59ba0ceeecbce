/**
 * Press to rating. A press of one face outside the lock-out is a rating: it is logged, and only when
 * it is durable does the terminal say thank you. Other presses are counted by reason and logged
 * together a little later, so that leaning on a button costs one event and not a hundred.
 */
import {
  EVENT_RATING_MIN,
  EVENT_SUPPRESSED,
  SUPPRESSED_LOCKOUT,
  SUPPRESSED_SEVERAL,
} from '../protocol/constants';
import { now } from './clock';
import { eventArg, eventStart } from './event';
import { append } from './log';
import { levels, lockoutMs } from './settings';

/** How long the thank-you stays. */
const THANKS_MS: u64 = 2_500;
/** Suppressed presses are logged this long after the first of them, or at the lock-out's end. */
const SUPPRESSED_MS: u64 = 5_000;

let lockedUntil: u64 = 0;
let thanksUntil: u64 = 0;
let flushAt: u64 = 0;
let lockoutCount: u32 = 0;
let severalCount: u32 = 0;
/** Level thanked for; 0 when none is showing. */
let thanked: u32 = 0;
/** A press was not taken because storage failed. */
let failed: bool = false;

export function thankedLevel(): u32 {
  return now < thanksUntil ? thanked : 0;
}

export function lockedOut(): bool {
  return now < lockedUntil;
}

export function storageFailed(): bool {
  return failed;
}

/** Takes the buttons that went down with this tick. */
export function takePresses(down: u32): void {
  if (flushAt != 0 && now >= flushAt) flushSuppressed();
  const faces = down & ((1 << levels) - 1);
  if (faces == 0) return;
  if (now < lockedUntil) suppress(SUPPRESSED_LOCKOUT, popcnt(faces));
  else if (popcnt(faces) > 1) suppress(SUPPRESSED_SEVERAL, popcnt(faces));
  else rate(ctz(faces) + 1);
}

function rate(level: u32): void {
  eventStart(EVENT_RATING_MIN + levels - 2);
  eventArg(level);
  failed = append() < 0;
  if (failed) return;
  thanked = level;
  thanksUntil = now + THANKS_MS;
  lockedUntil = now + lockoutMs;
}

function suppress(reason: u32, presses: u32): void {
  if (reason == SUPPRESSED_LOCKOUT) lockoutCount += presses;
  else severalCount += presses;
  if (flushAt == 0) flushAt = lockedUntil > now ? lockedUntil : now + SUPPRESSED_MS;
}

/** Logs what was suppressed; a count that cannot be written is tried again. */
function flushSuppressed(): void {
  flushAt = 0;
  if (lockoutCount > 0 && log(SUPPRESSED_LOCKOUT, lockoutCount)) lockoutCount = 0;
  if (severalCount > 0 && log(SUPPRESSED_SEVERAL, severalCount)) severalCount = 0;
  if (lockoutCount + severalCount > 0) flushAt = now + SUPPRESSED_MS;
}

function log(reason: u32, count: u32): bool {
  eventStart(EVENT_SUPPRESSED);
  eventArg(reason);
  eventArg(count);
  return append() >= 0;
}
