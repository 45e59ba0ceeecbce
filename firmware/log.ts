/**
 * The event log: a ring of block pairs on storage, appended one event at a time. An event is durable
 * when `append` returns OK; it stays until the host has acknowledged it. When no block is free, events
 * are counted in one overflow event that grows in place, and the terminal goes on counting.
 *
 * Invariant: totals in memory == totals in the tail's header + what its events count.
 */
import { EVENT_BYTES_MAX, EVENT_OVERFLOW, TOTALS_COUNT } from '../protocol/constants';
import { storageBlocks, storageFlush, watchdog } from './board';
import { uptimeCs } from './clock';
import {
  code,
  delta,
  eventArg,
  eventBytes,
  eventCount,
  eventEncode,
  eventGet,
  eventRead,
  eventStart,
} from './event';
import * as at from './log-block';
import { random } from './random';
import { levels, SETTINGS_BLOCKS, terminal } from './settings';
import { E_FULL, E_STORAGE, OK } from './status';

export const PAIRS_MAX: u32 = 512;
const PAIRS_MIN: u32 = 4;
/** Most events that a rotten tail block can have held: sequence numbers to leave out. */
const BLOCK_EVENTS_MAX: u32 = 128;

const FOUND_NOTHING: u32 = 0;
const FOUND_GARBAGE: u32 = 1;
const FOUND_BLOCK: u32 = 2;

/** Mounts that insist on reading every block, before one that is refused counts as decayed. */
const INSISTENT_MOUNTS: u32 = 100;
let mounts: u32 = 0;

/** Bytes of the running totals. */
const TOTAL_BYTES: u32 = TOTALS_COUNT * 4;

/** The newest block, in memory. */
export const tail = memory.data(512, 8);
const probe = memory.data(512, 8);
/** By pair: number of the block there (0: none), and its first sequence number. */
const numbers = memory.data(2048, 4);
const firsts = memory.data(2048, 4);
/** Running totals: ratings by level, suppressed presses. */
export const totals = memory.data(24, 4);
const totalsBefore = memory.data(24, 4);
const savedTotals = memory.data(24, 4);
const saved = memory.data(56);

export let pairs: u32 = 0;
export let logId: u32 = 0;
/** This boot's number. */
export let boot: u32 = 0;
/** Highest sequence number the host has acknowledged: what is above it must be kept. */
export let acked: u32 = 0;
/** Sequence number of the next event. */
export let next: u32 = 1;
/** The host was ahead of this log: totals are to be logged at once, so that what differs shows. */
export let behind: bool = false;
/** The tail's newest version is in one copy only. */
let mirrorDue: bool = false;
/** Where in the tail the overflow event stands while it grows; 0 when there is none. */
let overflowAt: u32 = 0;
let overflowSince: u64 = 0;
let overflowDelta: u64 = 0;
let overflowSpan: u64 = 0;
let overflowLost: u64 = 0;
let lastAt: u64 = 0;

/**
 * Finds the newest block and everything that follows from it; formats a storage without one. E_STORAGE
 * when the medium does not say the same twice: to be tried again.
 */
export function mount(): i32 {
  const blocks = storageBlocks();
  pairs = blocks > SETTINGS_BLOCKS ? (blocks - SETTINGS_BLOCKS) / at.PAIR_BLOCKS : 0;
  if (pairs > PAIRS_MAX) pairs = PAIRS_MAX;
  if (pairs < PAIRS_MIN) return E_STORAGE;
  if (mounts < INSISTENT_MOUNTS) mounts++;
  at.forgetRefusals();
  // A start that failed may have left writes that can be read and are not durable yet.
  if (storageFlush() < 0) return E_STORAGE;
  const newest = scan();
  if (uncertain()) return E_STORAGE;
  if (newest == 0) {
    const status = eraseGarbage();
    if (status < 0) return status;
  } else if (!loadBlock(newest, tail) || uncertain()) return E_STORAGE;
  if (newest == 0 || at.get(tail, at.TERMINAL) != terminal) {
    format(newest);
    return OK;
  }
  return resume(newest);
}

/**
 * Whether a block could not be read that may hold the newest event: going on without it would lose what
 * was thanked for. A medium that never gives it is believed in the end.
 */
function uncertain(): bool {
  return at.refused > 0 && mounts < INSISTENT_MOUNTS;
}

/** Reads every copy once; fills the index and returns the highest block number, 0 for none. */
function scan(): u32 {
  let newest: u32 = 0;
  for (let pair: u32 = 0; pair < pairs; pair++) {
    setIndex(pair, 0, 0);
    watchdog();
    for (let copy: u32 = 0; copy < at.PAIR_BLOCKS; copy++) {
      if (!at.readBlock(pair, copy, pairs, probe)) continue;
      const number = at.get(probe, at.NUMBER);
      if (number > numberAt(pair)) setIndex(pair, number, at.get(probe, at.FIRST));
      if (number > newest) newest = number;
    }
  }
  return newest;
}

/** Makes blank what is not: later, garbage in an unused place means that a block has decayed there. */
function eraseGarbage(): i32 {
  for (let pair: u32 = 0; pair < pairs; pair++) {
    watchdog();
    for (let copy: u32 = 0; copy < at.PAIR_BLOCKS; copy++) {
      if (at.readBlock(pair, copy, pairs, probe) || uncertain()) return E_STORAGE; // the scan did not see it
      if (!at.blank(probe) && at.erase(pair, copy, probe) < 0) return E_STORAGE;
    }
  }
  return storageFlush();
}

/** A new log: its own id, sequence numbers from 1, block numbers above whatever lies there. */
function format(newest: u32): void {
  do {
    logId = random();
  } while (logId == 0);
  boot = 1;
  acked = 0;
  next = 1;
  overflowAt = 0;
  mirrorDue = false;
  memory.fill(totals, 0, TOTAL_BYTES);
  for (let pair: u32 = 0; pair < pairs; pair++) setIndex(pair, 0, 0);
  at.clear(tail);
  at.put(tail, at.NUMBER, newest); // `openBlock` goes on from here
  at.put(tail, at.ORIGIN, newest + 1);
}

/** Takes up the log where its tail left off, as a new boot. */
function resume(newest: u32): i32 {
  logId = at.get(tail, at.LOG_ID);
  boot = at.get(tail, at.BOOT_LATEST) + 1;
  acked = at.get(tail, at.ACKED);
  for (let pair: u32 = 0; pair < pairs; pair++) {
    if (!inWindow(numberAt(pair), newest)) setIndex(pair, 0, 0);
  }
  next = at.get(tail, at.FIRST) + load<u16>(tail + at.COUNT);
  overflowAt = 0;
  replay();
  mirrorDue = true; // one copy may be torn or decayed
  for (let ahead = newest + 1; ahead < newest + pairs; ahead++) {
    const found = lookAhead(ahead);
    if (found == FOUND_BLOCK || uncertain()) return E_STORAGE; // the scan did not see it
    if (found != FOUND_GARBAGE) break;
    next += BLOCK_EVENTS_MAX;
  }
  return OK;
}

/** Whether block `number` belongs to this log and has not been overwritten by a later one. */
function inWindow(number: u32, newest: u32): bool {
  return number >= at.get(tail, at.ORIGIN) && number <= newest && newest - number < pairs;
}

/** Totals and last event time from the tail; an overflow event at its end is taken up again. */
function replay(): void {
  memory.copy(totals, tail + at.TOTALS, TOTAL_BYTES);
  lastAt = load<u64>(tail + at.BASE);
  let offset = at.EVENTS_AT;
  const end = offset + load<u16>(tail + at.USED);
  while (offset < end) {
    const after = eventRead(tail + offset, end - offset);
    if (after == 0) return;
    lastAt += delta;
    overflowAt = 0;
    if (code == EVENT_OVERFLOW) {
      overflowAt = offset;
      overflowDelta = delta;
      overflowSpan = eventGet(0);
      overflowLost = eventGet(1);
      memory.copy(totalsBefore, totals, TOTAL_BYTES);
    }
    eventCount(totals);
    offset = <u32>(after - tail);
  }
  if (nextIsFree()) overflowAt = 0;
}

/**
 * What lies in the place of a block newer than the newest. Garbage is two copies that were something
 * and no longer are: a power cut tears one copy at most, so this is decay, the block's events were
 * perhaps sent, and their numbers must not be used again.
 */
function lookAhead(number: u32): u32 {
  let garbage: u32 = 0;
  for (let copy: u32 = 0; copy < at.PAIR_BLOCKS; copy++) {
    if (at.readBlock(number % pairs, copy, pairs, probe)) {
      if (at.get(probe, at.NUMBER) == number) return FOUND_BLOCK;
    } else if (!at.blank(probe)) garbage++;
  }
  return garbage == at.PAIR_BLOCKS ? FOUND_GARBAGE : FOUND_NOTHING;
}

/**
 * Appends the event begun with `eventStart`. OK: durable, or counted in the overflow event. E_STORAGE:
 * not durable and not counted; the log is as before.
 */
export function append(): i32 {
  const at_ = uptimeCs();
  const follows = next == at.get(tail, at.FIRST) + load<u16>(tail + at.COUNT);
  if (at.get(tail, at.BOOT) == boot && overflowAt == 0 && follows) {
    const bytes = eventEncode(at_ - lastAt);
    if (load<u16>(tail + at.USED) + bytes <= at.ORDINARY_BYTES_MAX) return write(bytes, at_);
  }
  if (!nextIsFree()) return appendOverflow(at_);
  if (!openBlock(at_)) return E_STORAGE;
  return write(eventEncode(0), at_);
}

/** Whether the next block's place is unused, or holds only what the host has. */
function nextIsFree(): bool {
  const number = at.get(tail, at.NUMBER);
  const occupant = number + 1 - pairs;
  if (number + 1 <= pairs || !inWindow(occupant, number)) return true;
  return firstAfter(occupant) - 1 <= acked;
}

/** First sequence number behind block `number`. */
export function firstAfter(number: u32): u32 {
  const newest = at.get(tail, at.NUMBER);
  let later = number + 1;
  if (newest >= pairs && later <= newest - pairs) later = newest - pairs + 1;
  for (; later <= newest; later++) {
    if (numberAt(later % pairs) == later) return firstAt(later % pairs);
  }
  return next;
}

/**
 * Leaves the tail in both copies and starts the next block in memory; false when an overflow event could
 * not be closed durably first.
 */
function openBlock(base: u64): bool {
  const number = at.get(tail, at.NUMBER);
  const origin = at.get(tail, at.ORIGIN);
  if (overflowAt != 0 && writeTail() < 0) return false;
  mirror();
  at.clear(tail);
  at.put(tail, at.LOG_ID, logId);
  at.put(tail, at.TERMINAL, terminal);
  at.put(tail, at.NUMBER, number + 1);
  at.put(tail, at.ORIGIN, origin);
  at.put(tail, at.BOOT, boot);
  at.put(tail, at.FIRST, next);
  store<u64>(tail + at.BASE, base);
  memory.copy(tail + at.TOTALS, totals, TOTAL_BYTES);
  setIndex((number + 1) % pairs, number + 1, next);
  overflowAt = 0;
  lastAt = base;
  return true;
}

/** Adds the encoded event to the tail, makes it durable, and counts it; or leaves all as it was. */
function write(bytes: u32, at_: u64): i32 {
  const used = load<u16>(tail + at.USED);
  memory.copy(tail + at.EVENTS_AT + used, eventBytes(), bytes);
  store<u16>(tail + at.USED, <u16>(used + bytes));
  store<u16>(tail + at.COUNT, load<u16>(tail + at.COUNT) + 1);
  const status = writeTail();
  if (status < 0) {
    store<u16>(tail + at.USED, used);
    store<u16>(tail + at.COUNT, load<u16>(tail + at.COUNT) - 1);
    return status;
  }
  eventCount(totals);
  lastAt = at_;
  next++;
  return OK;
}

function writeTail(): i32 {
  at.put(tail, at.ACKED, acked);
  at.put(tail, at.BOOT_LATEST, boot);
  const status = at.writeBlock(tail, pairs, probe);
  if (status >= 0) mirrorDue = true;
  return status;
}

/**
 * Brings the tail's other copy up to date: after the thank-you, so that it waits for one write, and soon,
 * so that the decay of one copy takes no press with it.
 */
export function mirror(): void {
  if (!mirrorDue) return;
  mirrorDue = false;
  at.mirrorBlock(tail, pairs);
}

/**
 * The log is full: what happens is counted in an overflow event at the tail's end, rewritten with
 * every event that joins it. It keeps one sequence number and is sent only once it is closed.
 */
function appendOverflow(at_: u64): i32 {
  const used = load<u16>(tail + at.USED);
  const count = load<u16>(tail + at.COUNT);
  const sameBoot = at.get(tail, at.BOOT) == boot;
  const grows = overflowAt != 0;
  if (!grows) {
    if (used > <u16>at.ORDINARY_BYTES_MAX) return E_FULL;
    overflowSince = at_;
    overflowDelta = sameBoot ? at_ - lastAt : 0;
    overflowSpan = 0;
    overflowLost = 0;
    memory.copy(totalsBefore, totals, TOTAL_BYTES);
  }
  const offset = grows ? overflowAt : at.EVENTS_AT + used;
  if (sameBoot) overflowSpan = at_ - overflowSince;
  memory.copy(saved, tail + offset, EVENT_BYTES_MAX);
  memory.copy(savedTotals, totals, TOTAL_BYTES);
  eventCount(totals);
  eventStart(EVENT_OVERFLOW);
  eventArg(overflowSpan);
  eventArg(overflowLost + 1);
  eventArg(levels);
  for (let i: u32 = 0; i < TOTAL_BYTES; i += 4) eventArg(load<u32>(totals + i) - load<u32>(totalsBefore + i));
  const bytes = eventEncode(overflowDelta);
  memory.copy(tail + offset, eventBytes(), bytes);
  store<u16>(tail + at.USED, <u16>(offset + bytes - at.EVENTS_AT));
  store<u16>(tail + at.COUNT, grows ? count : count + 1);
  const status = writeTail();
  if (status < 0) {
    memory.copy(tail + offset, saved, EVENT_BYTES_MAX);
    memory.copy(totals, savedTotals, TOTAL_BYTES);
    store<u16>(tail + at.USED, used);
    store<u16>(tail + at.COUNT, count);
    return status;
  }
  overflowLost++;
  if (!grows) {
    overflowAt = offset;
    lastAt += overflowDelta;
    next++;
  }
  return OK;
}

/** Whether the log is full: events are counted, not kept. */
export function full(): bool {
  return overflowAt != 0;
}

/**
 * The host has everything up to `committed`. Lower than before: it lost some and gets them again.
 * Beyond this log: storage decayed behind the host's back, and those numbers are taken.
 */
export function release(committed: u32): void {
  acked = committed;
  if (committed >= next) {
    next = committed + 1;
    behind = true;
  }
  // Closing is durable before the event is sent: after a power cut it must not grow again.
  if (overflowAt != 0 && nextIsFree() && writeTail() >= 0) overflowAt = 0;
}

/** What the host lacks or has too much is told by the totals just logged. */
export function caughtUp(): void {
  behind = false;
}

/** Sequence number behind the last event that may be sent: an open overflow event is not. */
export function sendEnd(): u32 {
  return overflowAt != 0 ? next - 1 : next;
}

/** Loads the newest good copy of block `number`; false when neither is. */
export function loadBlock(number: u32, into: usize): bool {
  const pair = number % pairs;
  const zero = at.readBlock(pair, 0, pairs, into) && at.get(into, at.NUMBER) == number;
  const version = zero ? at.get(into, at.VERSION) : 0;
  if (at.readBlock(pair, 1, pairs, into) && at.get(into, at.NUMBER) == number) {
    if (!zero || at.get(into, at.VERSION) > version) return true;
  }
  return zero && at.readBlock(pair, 0, pairs, into);
}

export function numberAt(pair: u32): u32 {
  return load<u32>(numbers + (pair << 2));
}

export function firstAt(pair: u32): u32 {
  return load<u32>(firsts + (pair << 2));
}

export function setIndex(pair: u32, number: u32, first: u32): void {
  store<u32>(numbers + (pair << 2), number);
  store<u32>(firsts + (pair << 2), first);
}
