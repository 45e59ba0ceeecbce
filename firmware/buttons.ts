/**
 * Debounce for eight buttons at once by vertical counters: bit n of `low` and `high` is a two-bit
 * counter for button n, so eight counters cost four logic operations. A button changes state after
 * four samples in a row that disagree with it, 20 ms at the sampling interval; any sample that
 * agrees starts it anew. A stuck button is one press, then silence.
 */
import { buttons } from './board';
import { now } from './clock';

const SAMPLE_MS: u64 = 5;
export const BUTTONS_MAX: u32 = 8;

let low: u32 = 0;
let high: u32 = 0;
let state: u32 = 0;
let sampleAt: u64 = 0;

/** A button held at power-on is taken as down already: it is not a press. */
export function startButtons(): void {
  state = buttons() & 0xff;
  low = 0;
  high = 0;
  sampleAt = now;
}

/** Samples if it is time; returns the buttons that went down with this sample. */
export function pressed(): u32 {
  if (now < sampleAt) return 0;
  sampleAt = now + SAMPLE_MS;
  const differs = (buttons() & 0xff) ^ state;
  high = differs & (high ^ low);
  low = differs & ~low;
  // Counter back at zero while still differing: it has counted four.
  const changed = differs & ~(high | low);
  state ^= changed;
  return changed & state;
}
