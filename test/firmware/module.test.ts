/** The compiled module against its budgets: size, memory, imports, no allocation. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { powerOn } from '../../firmware/boards/board.js';
import { firmware, Rig } from './rig.js';

const root = new URL('../../', import.meta.url);
const wasm = fileURLToPath(new URL('build/hailong.wasm', root));
const text = execFileSync('node_modules/.bin/wasm-dis', [wasm], {
  cwd: fileURLToPath(root),
  encoding: 'utf8',
});

describe('the firmware module', () => {
  it('is at most 24 KiB', () => {
    expect(readFileSync(wasm).length).toBeLessThanOrEqual(24 * 1024);
  });

  it('imports only what firmware/board.ts declares', () => {
    const source = readFileSync(new URL('firmware/board.ts', root), 'utf8');
    const declared = [...source.matchAll(/export declare function (\w+)/g)].map((match) => match[1]);
    expect(declared.length).toBe(15);
    for (const { module, name, kind } of WebAssembly.Module.imports(firmware)) {
      expect({ module, kind }).toEqual({ module: 'board', kind: 'function' });
      expect(declared).toContain(name);
    }
  });

  it('exports boot, tick and its memory, nothing else', () => {
    expect(
      WebAssembly.Module.exports(firmware)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['boot', 'memory', 'tick']);
  });

  it('cannot grow its one page of memory, and has no instruction that would', () => {
    expect(text).not.toContain('memory.grow');
    expect(text).toMatch(/\(memory \$0 1 1\)/);
  });

  it('stays below 16 KiB of memory through a busy week with restarts', () => {
    const rig = new Rig({ blocks: 2 + 2 * 512, settings: { lockoutMs: 0 } });
    rig.goOnline();
    let highest = 0;
    for (let round = 0; round < 4; round++) {
      rig.link.plugged = round % 2 === 1;
      for (let i = 0; i < 300; i++) rig.press(i % 5);
      rig.run(60_000);
      const memory = new Uint8Array(rig.board.memory.buffer);
      expect(memory.length).toBe(65_536);
      highest = Math.max(highest, memory.findLastIndex((byte) => byte !== 0) + 1);
      rig.restart();
    }
    expect(highest).toBeGreaterThan(1024);
    expect(highest).toBeLessThanOrEqual(16 * 1024);
  });

  it('does nothing before boot: a tick is safe', () => {
    const board = { watchdog: () => {} } as unknown as Parameters<typeof powerOn>[1];
    expect(() => powerOn(firmware, board).tick()).not.toThrow();
  });
});

describe('the price of a rating on the wire', () => {
  it('at most 48 bytes alone and 10 in a batch of 20, as the firmware really sends it', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    rig.run(3000);
    for (let i = 0; i < 300; i++) {
      rig.skip(100_000 + i * 331);
      rig.press(i % 5);
      rig.run(100);
    }
    const alone = rig.frames.filter((_, i) => {
      const message = rig.messages()[i]!;
      return message.kind === 'batch' && message.events.length === 1 && message.events[0]!.kind === 'rating';
    });
    expect(alone.length).toBeGreaterThan(200);
    expect(Math.max(...alone.map((frame) => frame.length))).toBeLessThanOrEqual(48);

    rig.acknowledges = false;
    rig.press(0);
    const start = rig.frames.length;
    for (let i = 0; i < 20; i++) {
      rig.nowMs += 100_000 + i * 7000;
      rig.press(i % 5);
    }
    rig.acknowledges = true;
    rig.run(400_000);
    const batch = rig.frames.slice(start).find((frame) => {
      const message = rig.read(frame);
      return (
        message.kind === 'batch' && message.events.filter((event) => event.kind === 'rating').length >= 20
      );
    })!;
    const message = rig.read(batch);
    if (message.kind !== 'batch') throw new Error('not a batch');
    expect(batch.length / message.events.length).toBeLessThanOrEqual(10);
  });
});
