/**
 * The long hostile run: `node dist/test/hostile/main.js [--inputs N] [--seed S] [--target NAME]`. N is
 * for each target. Prints what came of the inputs and ends with 1 at the first promise broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DecoderTarget } from './decoder.js';
import { IngestTarget } from './ingest.js';
import { memoryLedger, sqliteLedger } from './ledgers.js';
import { ReceiverTarget } from './receiver.js';
import { runWatched, type Target } from './target.js';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'hailong-hostile-'));
const targets: Record<string, (seed: number) => Target | Promise<Target>> = {
  decoder: (seed) => new DecoderTarget(seed),
  ingest: (seed) => new IngestTarget(seed, 'ingest', memoryLedger()),
  store: async (seed) => new IngestTarget(seed, 'store', await sqliteLedger(folder)),
  receiver: (seed) => new ReceiverTarget(seed),
};

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

async function attack(name: string, seed: number, inputs: number): Promise<void> {
  const make = targets[name];
  if (make === undefined) throw new Error(`no such target: ${name}; one of ${Object.keys(targets)}`);
  const target = await make(seed);
  const began = performance.now();
  const heap = await runWatched(target, inputs, (done, bytes) => {
    console.log(`${name}: ${done} inputs, heap ${mib(bytes)}`);
  });
  const seconds = (performance.now() - began) / 1000;
  await target.finish();
  console.log(
    `${name}: ${inputs} inputs, seed ${seed}, ${seconds.toFixed(0)} s, ${Math.round(inputs / seconds)} a second, ` +
      `heap ${mib(heap.warmBytes)} warm, ${mib(heap.mostBytes)} at most`,
  );
  for (const [what, count] of Object.entries(target.counts).sort()) console.log(`  ${what}: ${count}`);
}

const seed = Number(values.seed);
const inputs = Number(values.inputs);
try {
  if (!Number.isInteger(seed) || !(inputs > 0)) throw new Error('--seed and --inputs are whole numbers');
  for (const name of values.target === undefined ? Object.keys(targets) : [values.target]) {
    await attack(name, seed, inputs);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
