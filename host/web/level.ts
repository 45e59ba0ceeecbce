/**
 * Names and looks of the rating levels. A level's meaning depends on its scale: level 2 of 3 is
 * "satisfied", level 2 of 5 is not. Mood is that meaning, from -2 to 2.
 */
import type { Figures } from '../api/schema.js';
import type { WordKey } from './words.js';

export type Mood = -2 | -1 | 0 | 1 | 2;
type Level = Figures['levels'][number];

/** Moods of a scale, level 1 first. Three levels are named as the quarterly reports name them. */
const MOODS: Record<number, readonly Mood[]> = {
  2: [-1, 1],
  3: [-1, 1, 2],
  4: [-2, -1, 1, 2],
  5: [-2, -1, 0, 1, 2],
};

const NAMES: Record<Mood, WordKey> = {
  [-2]: 'page.level.very-bad',
  [-1]: 'page.level.bad',
  0: 'page.level.normal',
  1: 'page.level.good',
  2: 'page.level.very-good',
};

export function moodsOf(scale: number): readonly Mood[] {
  return MOODS[scale] ?? [];
}

export function levelName(mood: Mood): WordKey {
  return NAMES[mood];
}

export type Scale = {
  readonly scale: number;
  readonly rated: number;
  /** One for each level, level 1 first, those never pressed included. */
  readonly levels: readonly { readonly mood: Mood; readonly count: number; readonly satisfied: boolean }[];
};

/** The levels of each scale that was rated on, the most used scale first. */
export function scalesOf(figures: Figures): Scale[] {
  const scales = new Map<number, Level[]>();
  for (const level of figures.levels) {
    const known = scales.get(level.scale);
    if (known === undefined) scales.set(level.scale, [level]);
    else known.push(level);
  }
  return [...scales]
    .map(([scale, given]) => {
      const levels = moodsOf(scale).map((mood, index) => {
        const level = given.find((candidate) => candidate.level === index + 1);
        return { mood, count: level?.count ?? 0, satisfied: level?.satisfied ?? false };
      });
      return { scale, rated: given.reduce((sum, { count }) => sum + count, 0), levels };
    })
    .sort((a, b) => b.rated - a.rated);
}
