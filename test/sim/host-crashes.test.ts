/** The host dies at every place in its dealings with the database, acknowledgements not yet sent included. */
import { expect, test, vi } from 'vitest';
import { commits, crashEverywhere } from './exhaustive.js';
import { oneTerminal } from './test-world.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 300_000 });

test('205 presses, each counted once', async () => {
  const { violation, at, places, counts } = await crashEverywhere(commits(), await oneTerminal());
  expect(violation?.message, JSON.stringify(at)).toBeUndefined();
  expect(places).toBeGreaterThan(500);
  expect(counts.hostCrashesInside).toBe(places);
});
