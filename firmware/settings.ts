/**
 * Who the terminal is. Written by provisioning as a pair of blocks, newer generation wins, so a
 * power cut while provisioning leaves the former settings. Read once at boot.
 *
 * Blocks 0 and 1, little endian:
 *
 *     0 u32  magic "HLS1"          44 u32  lock-out after a rating, ms
 *     4 u32  generation            48 u8   levels on the scale, 2 to 5
 *     8 u32  terminal              49 u8   language, 0 vi, 1 en
 *    12 u8   key [32]              50 u8   name length, at most 64
 *                                  51 u8   name [64], UTF-8, the display's first line
 *   508 u32  CRC-32 of bytes 0 to 507
 */
import { KEY_BYTES, LEVELS_MAX, LEVELS_MIN } from '../protocol/constants';
import { BLOCK_BYTES, DISPLAY_LINE_BYTES_MAX, storageBlocks, storageRead } from './board';
import { crc32 } from './crc32';
import { hmacKey } from './hmac';
import { E_UNPROVISIONED, OK } from './status';

export const SETTINGS_BLOCKS: u32 = 2;
const MAGIC: u32 = 0x31534c48;
const CRC_AT: u32 = 508;

const block = memory.data(512, 8);
export const name = memory.data(64);

export let terminal: u32 = 0;
export let levels: u32 = 0;
export let language: u32 = 0;
export let lockoutMs: u32 = 0;
export let nameBytes: u32 = 0;

/** OK, or E_UNPROVISIONED when neither block is whole and sensible. */
export function loadSettings(): i32 {
  let newest: u32 = 0;
  let found = false;
  if (storageBlocks() < SETTINGS_BLOCKS) return E_UNPROVISIONED;
  for (let copy: u32 = 0; copy < SETTINGS_BLOCKS; copy++) {
    if (storageRead(copy, block) < 0 || !valid()) continue;
    const generation = load<u32>(block, 4);
    if (found && generation <= newest) continue;
    found = true;
    newest = generation;
    take();
  }
  memory.fill(block, 0, BLOCK_BYTES); // the key stays only inside the HMAC state
  return found ? OK : E_UNPROVISIONED;
}

function valid(): bool {
  if (load<u32>(block) != MAGIC || load<u32>(block, CRC_AT) != crc32(block, CRC_AT)) return false;
  const scale = <i32>load<u8>(block, 48);
  return scale >= LEVELS_MIN && scale <= LEVELS_MAX && load<u8>(block, 50) <= DISPLAY_LINE_BYTES_MAX;
}

function take(): void {
  terminal = load<u32>(block, 8);
  hmacKey(block + 12, KEY_BYTES);
  lockoutMs = load<u32>(block, 44);
  levels = load<u8>(block, 48);
  language = load<u8>(block, 49) == 1 ? 1 : 0;
  nameBytes = load<u8>(block, 50);
  memory.copy(name, block + 51, nameBytes);
}
