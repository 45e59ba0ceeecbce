import { describe, expect, it } from 'vitest';
import { DEFAULT_SATISFIED } from '../../host/config.js';
import type { TallyRow } from '../../host/store/store.js';
import { figures } from '../../host/tally/figures.js';
import { wilson } from '../../host/tally/wilson.js';

const row = (
  scale: number,
  level: number,
  count: number,
  quality: TallyRow['quality'] = 'exact',
): TallyRow => ({
  counter: 'c',
  scale,
  level,
  quality,
  count,
});

describe('the Wilson interval', () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine
  // 17 (1998) 857-872, Table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i agrees with the published one', (satisfied, rated, low, high) => {
    const interval = wilson(satisfied, rated)!;
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('does not exist without ratings and never leaves [0, 1]', () => {
    expect(wilson(0, 0)).toBeNull();
    for (const rated of [1, 2, 3, 10, 1e6]) {
      expect(wilson(0, rated)!.low).toBe(0);
      expect(wilson(rated, rated)!.high).toBe(1);
      expect(wilson(rated, rated)!.low).toBeLessThan(1);
    }
  });
});

describe('figures', () => {
  it('counts the configured levels of each scale as satisfied', () => {
    const rows = [row(5, 5, 6), row(5, 4, 2), row(5, 3, 1), row(5, 1, 1), row(3, 2, 5), row(3, 1, 5)];
    const result = figures(rows, 0, DEFAULT_SATISFIED);
    expect(result).toMatchObject({ rated: 20, satisfied: 13, rate: 0.65 });
    expect(result.levels).toHaveLength(8);
    expect(result.levels.find(({ scale, level }) => scale === 5 && level === 2)).toMatchObject({ count: 0 });
    expect(figures(rows, 0, { 3: [3], 5: [3, 4, 5] })).toMatchObject({ rated: 20, satisfied: 9 });
  });

  it('keeps suppressed presses and bounded times apart from the rate', () => {
    const result = figures(
      [row(5, 5, 3), row(5, 5, 2, 'bounded'), row(0, 1, 7), row(0, 2, 1)],
      4,
      DEFAULT_SATISFIED,
    );
    expect(result).toMatchObject({ rated: 5, satisfied: 5, suppressed: 8, bounded: 2, missing: 4 });
  });

  it('says null, not zero, for what cannot be known', () => {
    expect(figures([], 0, DEFAULT_SATISFIED)).toMatchObject({
      rated: 0,
      rate: null,
      wilson: null,
      response: { served: null, rate: null },
    });
  });
});
