/**
 * The Wilson score interval for a proportion: E. B. Wilson, "Probable Inference, the Law of Succession,
 * and Statistical Inference", JASA 22 (1927) 209-212, without continuity correction. Unlike the plain
 * interval it stays within [0, 1] and is honest for few ratings and for rates near 1.
 */

/** 97.5th percentile of the standard normal distribution: a 95% interval, two-sided. */
export const Z_95 = 1.959963984540054;

export type Interval = { readonly low: number; readonly high: number };

/** Null when nothing was rated: there is no rate to bound. */
export function wilson(satisfied: number, rated: number, z = Z_95): Interval | null {
  if (rated === 0) return null;
  const share = satisfied / rated;
  const z2 = z * z;
  const centre = (share + z2 / (2 * rated)) / (1 + z2 / rated);
  const half = (z / (1 + z2 / rated)) * Math.sqrt((share * (1 - share)) / rated + z2 / (4 * rated * rated));
  // At 0 and at all, rounding may step past the end by a unit in the last place.
  return {
    low: satisfied === 0 ? 0 : Math.max(0, centre - half),
    high: satisfied === rated ? 1 : Math.min(1, centre + half),
  };
}
