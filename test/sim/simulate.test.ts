/** The default run of `npm run simulate`: whatever fails, each press thanked for is counted once. */
import { expect, test, vi } from 'vitest';
import { noCounts } from './counts.js';
import { builtFirmware } from './place.js';
import { drawSchedule } from './schedule.js';
import { DEFAULT_RUN, type Failure, simulate } from './simulation.js';
import { testFolder } from './test-world.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 300_000 });

const run = (more: { seed: number; schedules: number }) =>
  simulate({ ...DEFAULT_RUN, ...more, firmware: builtFirmware(), folder: testFolder() });

const told = (failure: Failure | null) =>
  failure === null ? null : `seed ${failure.seed}: ${failure.violation.message}`;

test('the promise holds in the default run, which meets every kind of fault', async () => {
  const { failure, counts } = await run(DEFAULT_RUN);
  expect(told(failure)).toBeNull();
  const met = Object.entries(counts).filter(([name, count]) => count > 0 || name === 'gapOutcomes');
  expect(met.map(([name]) => name)).toEqual(Object.keys(noCounts()));
  expect(counts.ratings).toBeGreaterThan(10_000);
});

test('the same seed gives the same course', async () => {
  const once = { seed: 77, schedules: 2 };
  expect((await run(once)).counts).toEqual((await run(once)).counts);
  expect(drawSchedule({ ...DEFAULT_RUN, seed: 77 })).toEqual(drawSchedule({ ...DEFAULT_RUN, seed: 77 }));
});
