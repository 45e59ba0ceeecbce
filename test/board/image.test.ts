/** The image against its budgets, and its promise that anyone who builds it gets the same bytes. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../host/temporary.js';
import { BUILD_PROGRAMS, boardImage, type Image, lacks, root } from './image.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const FLASH_BYTES_MAX = 64 * 1024;
/** Before the stack; terminal.test.ts measures both together. */
const STATIC_BYTES_MAX = 24 * 1024;

describe.skipIf(lacks(...BUILD_PROGRAMS))('the image [needs wabt, gcc-arm-none-eabi]', () => {
  let image: Image;

  beforeAll(async () => {
    image = await boardImage();
  });

  it('takes at most 64 KiB of flash and 24 KiB of static RAM', () => {
    expect(readFileSync(image.bin).length).toBe(image.symbols.get('flash_used'));
    expect(image.symbols.get('flash_used')).toBeLessThanOrEqual(FLASH_BYTES_MAX);
    const staticBytes = image.symbols.get('bss_end')! - 0x20000000;
    expect(staticBytes).toBeLessThanOrEqual(STATIC_BYTES_MAX);
  });

  it('has no allocator in it', () => {
    const names = [...image.symbols.keys()].filter((name) =>
      /^_?(malloc|calloc|realloc|sbrk|free)(_r)?$/.test(name),
    );
    expect(names).toEqual([]);
  });

  it('is the same, byte for byte, when built elsewhere', () => {
    const elsewhere = temporaryFolder();
    for (const part of [
      'firmware',
      'protocol',
      'scripts',
      'asconfig.json',
      'package.json',
      'package-lock.json',
    ]) {
      cpSync(join(root, part), join(elsewhere, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'));
    mkdirSync(join(elsewhere, 'build'));
    cpSync(join(root, 'build/hailong.wasm'), join(elsewhere, 'build/hailong.wasm'));
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-board.mjs', 'lm3s6965evb'], {
      cwd: elsewhere,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    for (const file of ['hailong.bin', 'hailong.elf']) {
      const [one, other] = [root, elsewhere].map((at) => readFileSync(join(at, 'build/lm3s6965evb', file)));
      expect(Buffer.compare(one!, other!), file).toBe(0);
    }
  });
});
