/** Size of the compiled module, and how much of its page a busy terminal has touched. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { loadFirmware, NodeBoard } from '../../firmware/boards/node/board.js';
import { provision } from '../../firmware/boards/settings.js';
import { packageRoot } from '../../host/package-root.js';
import { VirtualLink } from '../virtual/virtual-link.js';
import { number, type Row } from './row.js';

const PATH = join(packageRoot(), 'build', 'hailong.wasm');
const BLOCKS = 2 + 2 * 512;

export function firmwareRows(): Row[] {
  return [
    {
      what: 'WebAssembly module',
      ours: number(readFileSync(PATH).length, 'B'),
      other: '24,576 B',
      otherName: 'budget',
    },
    {
      what: 'static memory touched',
      ours: number(touchedBytes(), 'B'),
      other: '16,384 B',
      otherName: 'budget',
    },
  ];
}

/** Highest byte of memory that is not zero after a day of presses with the largest log. */
function touchedBytes(): number {
  const storage = new MemoryStorage(BLOCKS);
  provision(storage, {
    terminal: 1,
    key: new Uint8Array(32).fill(7),
    levels: 5,
    language: 'vi',
    name: 'x'.repeat(64),
    lockoutMs: 0,
  });
  let nowMs = 0;
  const link = new VirtualLink(() => {});
  const board = new NodeBoard(loadFirmware(PATH), {
    storage,
    link,
    millis: () => nowMs,
    entropy: (into) => into.fill(0xa5),
  });
  board.boot();
  for (let press = 0; press < 2000; press++) {
    board.held = press % 3 === 0 ? 0 : 1 << (press % 5);
    for (let tick = 0; tick < 20; tick++, nowMs += 5) board.tick();
  }
  return new Uint8Array(board.memory.buffer).findLastIndex((byte) => byte !== 0) + 1;
}
