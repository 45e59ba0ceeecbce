/** Planted bugs are found in the default run, by what they break; without the bug the same seed holds. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { compileBug, FIRMWARE_BUGS, HOST_BUGS, OVERFLOW_BUG } from './canary.js';
import { cutEverywhere, overflow } from './exhaustive.js';
import type { HostBug } from './host.js';
import { builtFirmware } from './place.js';
import { DEFAULT_RUN, simulate } from './simulation.js';
import { oneTerminal, testFolder } from './test-world.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 300_000 });

/** The code of the violation by which the bug was found. */
async function hunt(bug: { firmware?: WebAssembly.Module; hostBug?: HostBug }): Promise<string> {
  const world = { ...DEFAULT_RUN, firmware: builtFirmware(), folder: testFolder() };
  const { failure } = await simulate({ ...world, ...bug });
  if (failure === null) return 'not found in the default run';
  const { seed, violation } = failure;
  expect((await simulate({ ...world, seed, schedules: 1 })).failure).toBeNull();
  return violation.code;
}

test.each(Object.entries(FIRMWARE_BUGS))('firmware that %s', async (_, bug) => {
  expect(bug.breaks).toContain(await hunt({ firmware: compileBug(join(testFolder(), 'bug'), bug) }));
});

test.each(Object.entries(HOST_BUGS))('a host that %s', async (_, { breaks, ...hostBug }) => {
  expect(breaks).toContain(await hunt({ hostBug }));
});

test('an overflow event that grows after it was sent is found by trying every place', async () => {
  const firmware = compileBug(join(testFolder(), 'bug'), OVERFLOW_BUG);
  const { violation } = await cutEverywhere(overflow(), await oneTerminal(firmware));
  expect(OVERFLOW_BUG.breaks).toContain(violation?.code);
});

test('a planted bug whose line is gone is not planted silently', () => {
  const folder = testFolder();
  const gone = { ...OVERFLOW_BUG, line: 'no such line' };
  expect(() => compileBug(join(folder, 'bug'), gone)).toThrow('no longer has the line');
  rmSync(folder, { recursive: true });
});
