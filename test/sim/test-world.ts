/** Worlds' folders for tests, gone when the test file ends. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { builtFirmware, worldFolder } from './place.js';
import { makeTemplate } from './template.js';
import type { WorldOptions } from './world.js';

const made: string[] = [];

export function testFolder(): string {
  const folder = worldFolder();
  made.push(folder);
  return folder;
}

/** For worlds of one terminal. */
export async function oneTerminal(firmware = builtFirmware()): Promise<WorldOptions> {
  const folder = testFolder();
  const template = join(folder, 'template');
  await makeTemplate(template, 1);
  return { firmware, template, folder };
}

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
