/** Planted bugs must be found, and found by what they break; without the bug the same seeds hold. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { loadFirmware } from '../../firmware/boards/node/board.js';
import { packageRoot } from '../../host/package-root.js';
import { temporaryFolder } from '../host/temporary.js';
import { compileBug, FIRMWARE_BUGS, HOST_BUGS } from './canary.js';
import { DEFAULT_RUN, type Result, simulate } from './simulation.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const healthy = loadFirmware(join(packageRoot(), 'build', 'hailong.wasm'));

async function hunt(bug: {
  firmware?: typeof healthy;
  hostBug?: (typeof HOST_BUGS)[keyof typeof HOST_BUGS];
}) {
  const folder = mkdtempSync(join(temporaryFolder(), 'sim-'));
  const found: Result = await simulate({ ...DEFAULT_RUN, firmware: healthy, folder, ...bug });
  expect(found.failure, 'not found in the default run').not.toBeNull();
  const { seed } = found.failure!;
  const without = await simulate({ ...DEFAULT_RUN, firmware: healthy, folder, seed, schedules: 1 });
  expect(without.failure).toBeNull();
  return found.failure!;
}

test.each(Object.entries(FIRMWARE_BUGS))('firmware that %s', async (_, bug) => {
  const firmware = compileBug(mkdtempSync(join(temporaryFolder(), 'canary-')), bug);
  const { violation, schedule } = await hunt({ firmware });
  expect(bug.breaks).toContain(violation.code);
  expect(schedule.faults.length).toBeGreaterThan(0);
});

test.each(Object.entries(HOST_BUGS))('a host that %s', async (_, { breaks, ...hostBug }) => {
  expect(breaks).toContain((await hunt({ hostBug })).violation.code);
});
