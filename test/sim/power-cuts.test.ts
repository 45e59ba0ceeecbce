/** The power goes at every place in storage, the write under way left in every state. */
import { expect, test, vi } from 'vitest';
import { cutEverywhere, laps, overflow } from './exhaustive.js';
import { oneTerminal } from './test-world.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 300_000 });

test('through laps of a small log: 210 presses, each counted once', async () => {
  const { violation, at, places, counts } = await cutEverywhere(laps(), await oneTerminal());
  expect(violation?.message, JSON.stringify(at)).toBeUndefined();
  expect(places).toBeGreaterThan(600);
  expect(counts.cutsInsideWrites).toBeGreaterThan(800);
});

test('while a log overflows and is emptied', async () => {
  const { violation, at, places, counts } = await cutEverywhere(overflow(), await oneTerminal());
  expect(violation?.message, JSON.stringify(at)).toBeUndefined();
  expect(places).toBeGreaterThan(100);
  expect(counts.overflows).toBeGreaterThan(100);
});
