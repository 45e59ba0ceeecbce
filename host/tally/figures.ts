/**
 * Tally rows to figures, pure. The one place where "satisfied" is decided and where a rate is divided,
 * so the page, the command and every report agree. What cannot be known is null, never zero.
 */
import type { Figures } from '../api/schema.js';
import type { SatisfiedLevels } from '../config.js';
import { SCALE_SUPPRESSED } from '../ingest/books.js';
import type { TallyRow } from '../store/store.js';
import { wilson } from './wilson.js';

export function isSatisfied(satisfied: SatisfiedLevels, scale: number, level: number): boolean {
  return satisfied[scale]?.includes(level) ?? false;
}

export function figures(rows: Iterable<TallyRow>, missing: number, satisfied: SatisfiedLevels): Figures {
  const levels = new Map<number, number[]>();
  let suppressed = 0;
  let bounded = 0;
  for (const { scale, level, quality, count } of rows) {
    if (scale === SCALE_SUPPRESSED) {
      suppressed += count;
      continue;
    }
    if (quality === 'bounded') bounded += count;
    let counts = levels.get(scale);
    if (counts === undefined) {
      counts = new Array<number>(scale).fill(0);
      levels.set(scale, counts);
    }
    counts[level - 1]! += count;
  }
  const list = [...levels]
    .sort(([a], [b]) => a - b)
    .flatMap(([scale, counts]) =>
      counts.map((count, i) => ({
        scale,
        level: i + 1,
        satisfied: isSatisfied(satisfied, scale, i + 1),
        count,
      })),
    );
  const rated = list.reduce((sum, { count }) => sum + count, 0);
  const happy = list.reduce((sum, one) => sum + (one.satisfied ? one.count : 0), 0);
  return {
    rated,
    satisfied: happy,
    rate: rated === 0 ? null : happy / rated,
    wilson: wilson(happy, rated),
    levels: list,
    // Served is known only once there are queues.
    response: { served: null, rate: null },
    suppressed,
    missing,
    bounded,
  };
}
