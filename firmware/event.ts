/**
 * Events as they stand in a log block and in a batch: CBOR arrays [delta, code, arguments...]. Built
 * in one scratch place and measured there; walked when a block is read back.
 */
import {
  EVENT_BYTES_MAX,
  EVENT_OVERFLOW,
  EVENT_RATING_MAX,
  EVENT_RATING_MIN,
  EVENT_SUPPRESSED,
  TOTALS_COUNT,
} from '../protocol/constants';
import { MAJOR_ARRAY, MAJOR_UINT, putArray, putUint, readAt, readGood, readHead, readStart } from './cbor';

/** Index of the suppressed presses in the totals; ratings of level n are at n - 1. */
export const TOTAL_SUPPRESSED: u32 = 5;
const ARGUMENTS_MAX: u32 = 9;

const scratch = memory.data(64);
let at: usize = 0;

// --- Building: arguments first set, then encoded behind the delta that the log knows. ---

const args = memory.data(72, 8);
let argCount: u32 = 0;
export let code: u32 = 0;

export function eventStart(eventCode: u32): void {
  code = eventCode;
  argCount = 0;
}

export function eventArg(value: u64): void {
  store<u64>(args + (argCount << 3), value);
  argCount++;
}

/** Encodes the event at the scratch place; returns its length. */
export function eventEncode(delta: u64): u32 {
  at = putUint(putUint(putArray(scratch, argCount + 2), delta), code);
  for (let i: u32 = 0; i < argCount; i++) at = putUint(at, load<u64>(args + (i << 3)));
  return <u32>(at - scratch);
}

export function eventBytes(): usize {
  return scratch;
}

// --- Reading: one event at a time from a block. ---

/** Of the event last read. */
export let delta: u64 = 0;
/** Where the delta ends: what follows it is copied unchanged when the delta is rewritten. */
export let afterDelta: usize = 0;
export let length: u32 = 0;

/** Reads the event at `from`; returns where it ends, or 0 when it is not one. */
export function eventRead(from: usize, bytesMax: u32): usize {
  readStart(from, bytesMax);
  length = <u32>readHead(MAJOR_ARRAY);
  delta = readHead(MAJOR_UINT);
  afterDelta = readAt();
  code = <u32>readHead(MAJOR_UINT);
  argCount = length - 2;
  if (!readGood() || length < 3 || argCount > ARGUMENTS_MAX) return 0;
  for (let i: u32 = 0; i < argCount; i++) store<u64>(args + (i << 3), readHead(MAJOR_UINT));
  return readGood() && readAt() - from <= <usize>EVENT_BYTES_MAX ? readAt() : 0;
}

/** Argument `i` of the event last read or being built. */
export function eventGet(i: u32): u64 {
  return load<u64>(args + (i << 3));
}

/** Adds what the event counts to `TOTALS_COUNT` running u32 totals. */
export function eventCount(totals: usize): void {
  if (code >= <u32>EVENT_RATING_MIN && code <= <u32>EVENT_RATING_MAX) add(totals, <u32>eventGet(0) - 1, 1);
  else if (code == EVENT_SUPPRESSED) add(totals, TOTAL_SUPPRESSED, <u32>eventGet(1));
  else if (code == EVENT_OVERFLOW) {
    for (let i: u32 = 0; i < <u32>TOTALS_COUNT; i++) add(totals, i, <u32>eventGet(3 + i));
  }
}

function add(totals: usize, index: u32, count: u32): void {
  if (index >= <u32>TOTALS_COUNT) return;
  const slot = totals + (index << 2);
  store<u32>(slot, load<u32>(slot) + count);
}
