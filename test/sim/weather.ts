/** How bad the network is in one schedule: rates in one of a thousand messages, delays in milliseconds. */
import type { Random } from '../protocol/random.js';

export type Weather = {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  readonly lost: number;
  readonly repeated: number;
  /** Delivered out of order, up to `lateMsMax` later. */
  readonly late: number;
  readonly lateMsMax: number;
  /** An old message again, as it was, damaged, or on another topic. */
  readonly twisted: number;
  /** Bytes are taken and given a few at a time. */
  readonly choppy: boolean;
};

export const CALM: Weather = {
  delayMsMin: 5,
  delayMsMax: 40,
  lost: 0,
  repeated: 0,
  late: 0,
  lateMsMax: 0,
  twisted: 0,
  choppy: false,
};

export function drawWeather(random: Random): Weather {
  const awful = random.below(3);
  if (awful === 0) return CALM;
  return {
    delayMsMin: 5,
    delayMsMax: random.pick([40, 400, 4000]),
    lost: random.below(awful * 200),
    repeated: random.below(awful * 150),
    late: random.below(awful * 150),
    lateMsMax: random.pick([1000, 30_000, 20_000_000]),
    twisted: random.below(2) * random.below(awful * 200),
    choppy: random.below(2) === 0,
  };
}
