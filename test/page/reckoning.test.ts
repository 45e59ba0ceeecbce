/** What the page works out by itself: days, hours, rounding, levels, axes. */
import { describe, expect, it } from 'vitest';
import type { Figures, Hours } from '../../host/api/schema.js';
import { dayOf, daysBefore, formatFor } from '../../host/web/format.js';
import { scalesOf } from '../../host/web/level.js';
import { Refresher } from '../../host/web/refresher.js';
import { HOUR_MS, seriesOf } from '../../host/web/series.js';
import { intervalAxis } from '../../host/web/view/interval-bar.js';

const ZONE = 'Asia/Ho_Chi_Minh';
const EVENING = Date.parse('2025-03-03T17:30:00Z');

describe('days of the zone', () => {
  it('begin at the zone’s midnight', () => {
    expect(dayOf(EVENING, ZONE)).toBe('2025-03-04');
    expect(dayOf(EVENING - HOUR_MS, ZONE)).toBe('2025-03-03');
  });
  it('are counted back over the end of a month', () => {
    expect(daysBefore('2025-03-04', 13)).toBe('2025-02-19');
    expect(daysBefore('2024-03-01', 1)).toBe('2024-02-29');
  });
});

describe('numbers', () => {
  const vi = formatFor('vi', ZONE);
  const en = formatFor('en', ZONE);
  it('round halves up to one decimal', () => {
    expect([0.9985, 0.99849, 0.8125, 1 / 3].map(vi.rate)).toEqual(['99,9%', '99,8%', '81,3%', '33,3%']);
  });
  it('are written as the language writes them', () => {
    expect([vi.count(11779), en.count(11779)]).toEqual(['11.779', '11,779']);
    expect([vi.date('2025-03-04'), en.date('2025-03-04')]).toEqual(['04/03/2025', '04/03/2025']);
  });
  it('give the time alone today, with its date before', () => {
    expect(vi.moment(EVENING, EVENING)).toBe('00:30');
    expect(vi.moment(EVENING - HOUR_MS, EVENING)).toBe('3/3 23:30');
  });
});

describe('the hours of the chart', () => {
  const given = (from: string, hours: Hours['hours']): Hours => ({
    period: { from, to: '2025-03-04', zone: ZONE },
    hours,
  });
  it('are 48 up to the one that runs, the silent ones included', () => {
    const hour = { start: '2025-03-03T17:00:00.000Z', rated: 3, satisfied: 2 };
    const series = seriesOf(given('2025-03-02', [hour]), 'hours', EVENING);
    expect(series.hours).toHaveLength(48);
    expect(series.hours.at(-1)).toEqual({ startMs: Date.parse(hour.start), rated: 3, satisfied: 2 });
    expect(series.shares.slice(-2)).toEqual([null, 2 / 3]);
    expect(series.rated).toBe(3);
  });
  it('are whole days of the zone over 14 days, each with the rate of its day', () => {
    const hours = [
      { start: '2025-02-18T17:00:00.000Z', rated: 1, satisfied: 1 },
      { start: '2025-02-19T16:00:00.000Z', rated: 1, satisfied: 0 },
    ];
    const series = seriesOf(given('2025-02-19', hours), 'days', EVENING);
    expect(series.hours[0]!.startMs).toBe(Date.parse('2025-02-18T17:00:00Z'));
    expect(series.hours).toHaveLength(13 * 24 + 1);
    expect(series.days).toHaveLength(14);
    expect(series.days[0]).toMatchObject({ rated: 2, satisfied: 1 });
    expect(series.shares.slice(22, 26)).toEqual([0.5, 0.5, null, null]);
  });
});

describe('levels', () => {
  const level = (scale: number, at: number, count: number) => ({
    scale,
    level: at,
    satisfied: at > 1,
    count,
  });
  const figures = (levels: Figures['levels']) => ({ levels }) as Figures;
  it('keep scales apart, the most used first, with the levels nobody pressed', () => {
    const scales = scalesOf(figures([level(3, 1, 1), level(5, 5, 7), level(3, 3, 2)]));
    expect(scales.map(({ scale, rated }) => [scale, rated])).toEqual([
      [5, 7],
      [3, 3],
    ]);
    expect(scales[1]!.levels.map(({ mood, count }) => [mood, count])).toEqual([
      [-1, 1],
      [1, 0],
      [2, 2],
    ]);
  });
});

describe('the axis of the intervals', () => {
  it('begins at the ten below the lowest bound, and ends at 100%', () => {
    expect(intervalAxis([{ low: 0.83, high: 0.9 }])).toEqual({ low: 0.8, ticks: [0.8, 0.9, 1] });
    expect(intervalAxis([{ low: 0.97, high: 1 }]).low).toBe(0.9);
    expect(intervalAxis([{ low: 0.05, high: 0.9 }]).ticks.at(0)).toBeGreaterThanOrEqual(0);
  });
});

describe('refreshing', () => {
  it('runs once for a burst, keeps its distance, and always shows the last change', async () => {
    let nowMs = 0;
    const due: { at: number; run: () => void }[] = [];
    const timers = {
      start: (run: () => void, delayMs: number) => due.push({ at: nowMs + delayMs, run }),
      stop: () => {},
    };
    const starts: number[] = [];
    let finish = () => {};
    const run = () => {
      starts.push(nowMs);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const refresher = new Refresher(run, timers, () => nowMs, 50, 400);
    const turn = async () => {
      const next = due.shift()!;
      nowMs = next.at;
      next.run();
      await Promise.resolve();
    };
    for (let asked = 0; asked < 20; asked++) refresher.ask();
    expect(due).toHaveLength(1);
    await turn();
    refresher.ask();
    refresher.ask();
    expect(due).toHaveLength(0);
    finish();
    await new Promise(setImmediate);
    await turn();
    expect(starts).toEqual([50, 450]);
    finish();
    await new Promise(setImmediate);
    expect(due).toHaveLength(0);
  });
});
