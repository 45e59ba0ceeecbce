/**
 * What every target of the hostile runs is: something that takes inputs drawn from a seed and fails
 * with the one command that replays it. A run also watches the heap: it may not grow with the inputs.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type Counts = Readonly<Record<string, number>>;

export interface Target {
  readonly name: string;
  /** Feeds so many inputs more. Throws `Found` at the first that breaks a promise. */
  run(inputs: number): Promise<void>;
  /** What came of the inputs so far. */
  readonly counts: Counts;
  /** Checks that need everything to have come to rest; the target is done for afterwards. */
  finish(): Promise<void>;
}

/** A promise broken. */
export class Found extends Error {
  override readonly name = 'Found';

  constructor(what: string, where: { target: string; seed: number; input: number; bytes?: Uint8Array }) {
    const { target, seed, input, bytes } = where;
    const replay = `node dist/test/hostile/main.js --target ${target} --seed ${seed} --inputs ${input}`;
    const shown = bytes === undefined ? '' : `\n  input: ${Buffer.from(bytes).toString('hex')}`;
    super(`${what}\n  replay: ${replay}${shown}`);
  }
}

/** What a run may need on top of what it needed at its start: caches that fill up, code compiled later. */
export const HEAP_GROWTH_BYTES_MAX = 8 * 2 ** 20;
const CHECKPOINTS = 10;
/** The first part fills the caches; what is measured after it is the yardstick. */
const WARM_PARTS = 2;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export type Heap = { readonly warmBytes: number; readonly mostBytes: number };

/** Runs a target in parts and measures what stays on the heap after each. */
export async function runWatched(
  target: Target,
  inputs: number,
  seen?: (done: number, bytes: number) => void,
): Promise<Heap> {
  let warmBytes = 0;
  let mostBytes = 0;
  for (let part = 1; part <= CHECKPOINTS; part++) {
    const done = Math.floor((inputs * part) / CHECKPOINTS);
    await target.run(done - Math.floor((inputs * (part - 1)) / CHECKPOINTS));
    const bytes = heapBytes();
    seen?.(done, bytes);
    if (part <= WARM_PARTS) warmBytes = bytes;
    mostBytes = Math.max(mostBytes, bytes);
    if (bytes - warmBytes > HEAP_GROWTH_BYTES_MAX) {
      throw new Error(`${target.name}: the heap grew from ${warmBytes} to ${bytes} bytes in ${done} inputs`);
    }
  }
  return { warmBytes, mostBytes };
}

function heapBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Counts by name. */
export class Tally {
  readonly counts: Record<string, number> = {};

  add(name: string, count = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + count;
  }
}
