/**
 * What to send next, as sealed content: a batch of consecutive events of one block, or a gap where
 * the log no longer has the events the host is to get.
 */
import { BATCH_EVENTS_MAX, KIND_BATCH, KIND_GAP } from '../protocol/constants';
import { putArray, putUint } from './cbor';
import { uptimeCs } from './clock';
import { afterDelta, delta, eventRead, length } from './event';
import { boot, firstAfter, firstAt, loadBlock, logId, numberAt, pairs, sendEnd, setIndex, tail } from './log';
import * as at from './log-block';
import { terminal } from './settings';

const page = memory.data(512, 8);
/** Number of the closed block in `page`; 0 for none. */
let pageNumber: u32 = 0;

/** Attempts to read a block, one a poll of the outbox, before its events are declared lost. */
const READS_MAX: u32 = 200;
let failedReads: u32 = 0;

/** First and last sequence number of the content last built. */
export let first: u32 = 0;
export let last: u32 = 0;

/** Builds content starting with event `seq` at `into`; returns its length, 0 for nothing to send. */
export function buildContent(seq: u32, into: usize): u32 {
  while (seq < sendEnd()) {
    const number = blockWith(seq);
    if (number == 0) return buildGap(seq, firstAfter(0) - 1, into);
    const block = open(number);
    if (block == 0) {
      // A medium may fail for a moment: a block is given up for lost only after many attempts.
      if (++failedReads < READS_MAX) return 0;
      setIndex(number % pairs, 0, 0);
    }
    failedReads = 0;
    if (block == 0) continue;
    const end = at.get(block, at.FIRST) + load<u16>(block + at.COUNT);
    if (seq >= end) return buildGap(seq, firstAfter(number) - 1, into);
    return buildBatch(block, seq, end, into);
  }
  return 0;
}

/** The newest block that starts at or before `seq`; 0 when every one starts behind it. */
function blockWith(seq: u32): u32 {
  const newest = at.get(tail, at.NUMBER);
  for (let back: u32 = 0; back < pairs && back < newest; back++) {
    const number = newest - back;
    const pair = number % pairs;
    if (numberAt(pair) == number && firstAt(pair) <= seq) return number;
  }
  return 0;
}

function open(number: u32): usize {
  if (number == at.get(tail, at.NUMBER)) return tail;
  if (number == pageNumber) return page;
  pageNumber = loadBlock(number, page) ? number : 0;
  return pageNumber == 0 ? 0 : page;
}

function buildGap(from: u32, to: u32, into: usize): u32 {
  first = from;
  last = to;
  let out = putUint(putArray(into, 5), KIND_GAP);
  out = putUint(putUint(out, terminal), logId);
  return <u32>(putUint(putUint(out, from), to) - into);
}

function buildBatch(block: usize, seq: u32, end: u32, into: usize): u32 {
  let offset = block + at.EVENTS_AT;
  const limit = offset + load<u16>(block + at.USED);
  let base = load<u64>(block + at.BASE);
  for (let skip = at.get(block, at.FIRST); skip <= seq; skip++) {
    const after = eventRead(offset, <u32>(limit - offset));
    if (after == 0) return 0;
    base += delta;
    if (skip < seq) offset = after;
  }
  if (end > sendEnd()) end = sendEnd();
  let count = end - seq;
  if (count > <u32>BATCH_EVENTS_MAX) count = BATCH_EVENTS_MAX;
  first = seq;
  last = seq + count - 1;
  let out = putBatchHead(block, base, into);
  out = putArray(out, count);
  for (let i: u32 = 0; i < count; i++) {
    const after = eventRead(offset, <u32>(limit - offset));
    if (after == 0) return 0;
    // The first event's time is the base; its own delta was to an event that is not in the batch.
    out = putUint(putArray(out, length), i == 0 ? 0 : delta);
    const rest = after - afterDelta;
    memory.copy(out, afterDelta, rest);
    out += rest;
    offset = after;
  }
  return <u32>(out - into);
}

function putBatchHead(block: usize, base: u64, into: usize): usize {
  const blockBoot = at.get(block, at.BOOT);
  let out = putUint(putArray(into, 8), KIND_BATCH);
  out = putUint(putUint(putUint(out, terminal), logId), blockBoot);
  out = putUint(putUint(out, first), base);
  if (blockBoot == boot) return putUint(out, uptimeCs() - base);
  return putUint(putUint(putArray(out, 2), boot), uptimeCs());
}
