/**
 * One block of the event log: its layout, its check, and where its two copies lie. LOG.md is
 * normative. Little endian:
 *
 *     0 u32  magic "HLG1"                      36 u32  acknowledged up to, when written
 *     4 u32  log id                            40 u64  base: uptime, cs, of the first event
 *     8 u32  terminal                          48 u32  totals before the first event [6]
 *    12 u32  block number                      72 u16  number of events
 *    16 u32  origin: the log's first block     74 u16  bytes of events
 *    20 u32  version: writes of this block     76      events, CBOR, to at most 507
 *    24 u32  boot of the events
 *    28 u32  latest boot begun, when written   508 u32 CRC-32 of bytes 0 to 507
 *    32 u32  sequence number of the first event
 *
 * Block n lives in pair n modulo the number of pairs; version v is written to copy v modulo 2, so a
 * write never touches the newest good copy.
 */
import { EVENT_BYTES_MAX } from '../protocol/constants';
import { BLOCK_BYTES, storageFlush, storageRead, storageWrite } from './board';
import { crc32 } from './crc32';
import { SETTINGS_BLOCKS } from './settings';
import { OK } from './status';

const MAGIC: u32 = 0x31474c48;
const CRC_AT: u32 = 508;
export const EVENTS_AT: u32 = 76;
const EVENTS_BYTES: u32 = CRC_AT - EVENTS_AT;
/** Ordinary events stop here, so that a full log always has room for its overflow event. */
export const ORDINARY_BYTES_MAX: u32 = EVENTS_BYTES - EVENT_BYTES_MAX;

/** Offsets of the header's fields. */
export const LOG_ID: usize = 4;
export const TERMINAL: usize = 8;
export const NUMBER: usize = 12;
export const ORIGIN: usize = 16;
export const VERSION: usize = 20;
export const BOOT: usize = 24;
export const BOOT_LATEST: usize = 28;
export const FIRST: usize = 32;
export const ACKED: usize = 36;
export const BASE: usize = 40;
export const TOTALS: usize = 48;
export const COUNT: usize = 72;
export const USED: usize = 74;

export const PAIR_BLOCKS: u32 = 2;

/** The storage block of one copy of a pair. */
export function blockOf(pair: u32, copy: u32): u32 {
  return SETTINGS_BLOCKS + pair * PAIR_BLOCKS + copy;
}

export function get(block: usize, field: usize): u32 {
  return load<u32>(block + field);
}

export function put(block: usize, field: usize, value: u32): void {
  store<u32>(block + field, value);
}

/** Starts an empty block in memory. */
export function clear(block: usize): void {
  memory.fill(block, 0, BLOCK_BYTES);
  store<u32>(block, MAGIC);
}

/** Attempts at reading a block before what it holds counts as garbage: media fail for a moment. */
const READ_ATTEMPTS: u32 = 8;

/** Blocks that the medium would not give since `forgetRefusals`: what lies there is not known. */
export let refused: u32 = 0;

export function forgetRefusals(): void {
  refused = 0;
}

/** Reads a block and says whether it is one, whole, and at home in this pair. */
export function readBlock(pair: u32, copy: u32, pairs: u32, into: usize): bool {
  const block = blockOf(pair, copy);
  let attempts: u32 = 0;
  while (storageRead(block, into) < 0) {
    if (++attempts == READ_ATTEMPTS) {
      refused++;
      store<u32>(into, ~MAGIC, 0); // not blank either
      store<u32>(into, 0, 4);
      return false;
    }
  }
  return (
    load<u32>(into) == MAGIC &&
    load<u32>(into, CRC_AT) == crc32(into, CRC_AT) &&
    get(into, NUMBER) % pairs == pair &&
    load<u16>(into, USED) <= EVENTS_BYTES
  );
}

/** Whether a block just read has never been written: all its bytes are 00, or all are ff. */
export function blank(block: usize): bool {
  const fill = load<u64>(block);
  return (fill == 0 || ~fill == 0) && memory.compare(block, block + 8, BLOCK_BYTES - 8) == 0;
}

/** Makes a block blank; not yet durable. */
export function erase(pair: u32, copy: u32, scratch: usize): i32 {
  memory.fill(scratch, 0, BLOCK_BYTES);
  return storageWrite(blockOf(pair, copy), scratch);
}

/**
 * Writes the block's next version over one copy and waits until it is durable. That copy is the one the
 * version's parity names, unless the other, which must outlive a torn write, has decayed since: then a
 * version is left out, and the decayed copy is the one written. After a failure the version is as before,
 * so the same copy is tried again, never the good one. `scratch` is a block's room for the look.
 */
export function writeBlock(block: usize, pairs: u32, scratch: usize): i32 {
  const pair = get(block, NUMBER) % pairs;
  const before = get(block, VERSION);
  let version = before + 1;
  const refusals = refused;
  const kept = before == 0 || holds(pair, before % PAIR_BLOCKS, pairs, get(block, NUMBER), scratch);
  // Refused is not decayed: a copy that cannot be looked at is taken for good.
  if (!kept && refused == refusals) version++;
  put(block, VERSION, version);
  store<u32>(block, crc32(block, CRC_AT), CRC_AT);
  let status = storageWrite(blockOf(pair, version % PAIR_BLOCKS), block);
  if (status >= 0) status = storageFlush();
  if (status < 0) {
    put(block, VERSION, before);
    return status;
  }
  return OK;
}

function holds(pair: u32, copy: u32, pairs: u32, number: u32, scratch: usize): bool {
  return readBlock(pair, copy, pairs, scratch) && get(scratch, NUMBER) == number;
}

/** Writes the version just made durable over the other copy too, so that either may decay. */
export function mirrorBlock(block: usize, pairs: u32): void {
  const version = get(block, VERSION);
  store<u32>(block, crc32(block, CRC_AT), CRC_AT);
  const copy = (version + 1) % PAIR_BLOCKS;
  if (storageWrite(blockOf(get(block, NUMBER) % pairs, copy), block) >= 0) storageFlush();
}
