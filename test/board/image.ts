/** The image that the board's tests run, built once however many test files ask for it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { symbolsOf } from '../../scripts/emulate/symbols.js';
import { until } from '../host/temporary.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const LOCK = `${root}build/lm3s6965evb.lock`;

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const missing = (programs: readonly string[]) =>
  programs.filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH } }).status !== 0,
  );

/** Whether to skip: what is missing is a failure where CI says that it must be there. */
export const lacks = (...programs: string[]): boolean =>
  process.env.CI !== 'true' && missing(programs).length > 0;

export const BUILD_PROGRAMS = ['wasm2c', 'arm-none-eabi-gcc'];
export const RUN_PROGRAMS = [...BUILD_PROGRAMS, 'qemu-system-arm', 'mosquitto'];

export type Image = { elf: string; bin: string; symbols: Map<string, number> };

export async function boardImage(): Promise<Image> {
  await until('the other test file to have built the image', () => locked(), 120_000);
  try {
    const built = spawnSync(process.execPath, ['scripts/build-board.mjs', 'lm3s6965evb'], {
      cwd: root,
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(built.stderr);
  } finally {
    rmdirSync(LOCK);
  }
  const elf = `${root}build/lm3s6965evb/hailong.elf`;
  return { elf, bin: elf.replace(/elf$/, 'bin'), symbols: symbolsOf(elf) };
}

function locked(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}
