/**
 * The settings image that provisioning writes into blocks 0 and 1: the layout of firmware/settings.ts
 * seen from outside. The newer generation wins, and the other block is left alone, so a power cut
 * leaves the former settings.
 */
import { BLOCK_BYTES, type Storage } from './board.js';

export type Settings = {
  /** 32-bit id. */
  terminal: number;
  /** 32 bytes. */
  key: Uint8Array;
  /** Levels on the scale, 2 to 5. */
  levels: number;
  language: 'vi' | 'en';
  /** The display's first line, at most 64 bytes of UTF-8. */
  name: string;
  /** Lock-out after a rating. */
  lockoutMs: number;
};

const MAGIC = 0x31534c48;
const CRC_AT = 508;
const NAME_BYTES_MAX = 64;

/** Writes settings over the older of the two blocks. Throws RangeError for what the layout cannot hold. */
export function provision(storage: Storage, settings: Settings): void {
  const generations = [0, 1].map((copy) => generationOf(storage, copy));
  const copy = generations[0]! <= generations[1]! ? 0 : 1;
  const image = settingsImage(settings, Math.max(...generations) + 1);
  if (storage.write(copy, image) < 0 || storage.flush() < 0) {
    throw new Error('storage refused the settings block');
  }
}

function settingsImage(settings: Settings, generation: number): Uint8Array {
  const name = new TextEncoder().encode(settings.name.normalize('NFC'));
  if (settings.key.length !== 32) throw new RangeError(`key has ${settings.key.length} bytes, not 32`);
  if (name.length > NAME_BYTES_MAX) throw new RangeError(`name has ${name.length} bytes, at most 64`);
  if (settings.levels < 2 || settings.levels > 5)
    throw new RangeError(`scale of ${settings.levels}, not 2 to 5`);
  const image = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(image.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, generation, true);
  view.setUint32(8, settings.terminal, true);
  image.set(settings.key, 12);
  view.setUint32(44, settings.lockoutMs, true);
  image[48] = settings.levels;
  image[49] = settings.language === 'en' ? 1 : 0;
  image[50] = name.length;
  image.set(name, 51);
  view.setUint32(CRC_AT, crc32(image.subarray(0, CRC_AT)), true);
  return image;
}

/** Generation of a valid settings block; 0 for none. */
function generationOf(storage: Storage, copy: number): number {
  const block = new Uint8Array(BLOCK_BYTES);
  if (storage.read(copy, block) < 0) return 0;
  const view = new DataView(block.buffer);
  const whole = view.getUint32(0, true) === MAGIC;
  return whole && view.getUint32(CRC_AT, true) === crc32(block.subarray(0, CRC_AT))
    ? view.getUint32(4, true)
    : 0;
}

/** CRC-32 of IEEE 802.3, as firmware/crc32.ts. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
