/** The image for the microcontroller beside the same loop written directly in C: what WebAssembly costs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { packageRoot } from '../../host/package-root.js';
import { symbolsOf } from '../emulate/symbols.js';
import { type Counts, countInstructions } from './board-counts.js';
import { number, type Row } from './row.js';

const RAM = 0x20000000;
const CARD_BLOCKS = 512;

/** Empty where the programs are missing: whoever benchmarks the host need not have them. */
export async function boardRows(): Promise<Row[]> {
  const built = make('scripts/build-board.mjs') && make('scripts/bench/native/build.mjs');
  if (!built || spawnSync('qemu-system-arm', ['--version']).error !== undefined) return [];
  const image = join(packageRoot(), 'build/lm3s6965evb/hailong.elf');
  const native = join(packageRoot(), 'build/lm3s6965evb/native/loop.elf');
  const [ours, other] = [await count(image), await count(native)];
  const flash = (elf: string) => symbolsOf(elf).get('flash_used')!;
  const ram = symbolsOf(image).get('bss_end')! - RAM;
  return [
    { what: 'flash', ours: number(flash(image), 'B'), other: '65,536 B', otherName: 'budget' },
    {
      what: 'RAM, the deepest stack included',
      ours: number(ram + ours.stackBytes, 'B'),
      other: '32,768 B',
      otherName: 'budget',
    },
    row('idle tick, instructions', ours.idle, other.idle),
    row('idle tick that samples the buttons', ours.idleMost, other.idleMost),
    row('press to logged, instructions', ours.pressToLogged, other.pressToLogged),
  ];
}

const row = (what: string, ours: number, other: number): Row => ({
  what,
  ours: number(ours),
  other: number(other),
  otherName: `in C; ${(ours / other).toFixed(2)} times`,
});

const make = (script: string) =>
  spawnSync(process.execPath, [join(packageRoot(), script)], { cwd: packageRoot() }).status === 0;

async function count(image: string): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'hailong-bench-'));
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const card = join(folder, 'card.img');
    const storage = new FileStorage(card, CARD_BLOCKS);
    const key = new Uint8Array(32).fill(7);
    provision(storage, { terminal: 1, key, levels: 5, language: 'vi', name: 'Quầy 1', lockoutMs: 0 });
    storage.close();
    const { port } = server.address() as { port: number };
    return await countInstructions({ image, card, mqttPort: port, trace: join(folder, 'trace') });
  } finally {
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}
