/** Where worlds write, and the firmware that runs in them. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFirmware } from '../../firmware/boards/node/board.js';
import { packageRoot } from '../../host/package-root.js';

/** Linux keeps files here in memory; nothing that a world writes need outlive it. */
const MEMORY_FOLDER = '/dev/shm';

/** A new folder; the caller removes it. */
export function worldFolder(): string {
  return mkdtempSync(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'hailong-sim-'));
}

export function builtFirmware(): WebAssembly.Module {
  return loadFirmware(join(packageRoot(), 'build', 'hailong.wasm'));
}
