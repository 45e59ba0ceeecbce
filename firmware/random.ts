/**
 * Jitter and log ids. xorshift32 (Marsaglia, 2003) seeded by the board's entropy: good enough to
 * spread reconnecting terminals apart, and used for nothing secret.
 */
import { entropy } from './board';

const seed = memory.data(4, 4);
let state: u32 = 1;

export function startRandom(): void {
  entropy(seed, 4);
  state = load<u32>(seed);
  if (state == 0) state = 1;
}

export function random(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** Between half and one and a half times `ms`. */
export function jittered(ms: u32): u64 {
  return <u64>(ms / 2 + (random() % (ms + 1)));
}
