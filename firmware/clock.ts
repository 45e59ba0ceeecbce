/**
 * Time since power-on. The board's 32-bit milliseconds wrap after 49.7 days; this carries them on.
 * Read once a tick, so that everything in one tick sees one time.
 */

import { MS_PER_CS } from '../protocol/constants';
import { millis } from './board';

/** Milliseconds since power-on, as of this tick. */
export let now: u64 = 0;
let last: u32 = 0;

export function startClock(): void {
  last = millis();
  now = last;
}

export function readClock(): void {
  const reading = millis();
  now += <u64>(reading - last);
  last = reading;
}

/** Uptime in the wire's unit. */
export function uptimeCs(): u64 {
  return now / MS_PER_CS;
}
