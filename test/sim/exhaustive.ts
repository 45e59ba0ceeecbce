/**
 * Not by chance but everywhere: one script of fingers is run again and again, and each time the power
 * goes at the next place in storage, or the host dies at the next place in its database, until there is
 * no place left. A write under way is left undone, half done, done but for its checksum, and done.
 */
import { addCounts, type Counts, noCounts } from './counts.js';
import type { Violation } from './oracle.js';
import type { Crash, Cut, Fault, Press, Schedule } from './schedule.js';
import { CALM } from './weather.js';
import { runWorld, type WorldOptions } from './world.js';

export type Script = Schedule & {
  /** From when on the places in storage are tried. */
  readonly from: number;
};

export type Exhausted = {
  /** Places tried, and runs made of them. */
  readonly places: number;
  readonly runs: number;
  readonly counts: Counts;
  /** The first broken promise, and where. */
  readonly violation: Violation | null;
  readonly at: Cut | Crash | null;
};

/** Bytes of a write that are done: none, half, all but the checksum, all. */
const TEARS = [0, 256, 508, 512];
const LOCKOUT_MS = 3000;
const PRESS_MS = 4000;
const OFF_MS = 500;

/** Presses of cycling levels, `PRESS_MS` apart, from `at` on. */
function pressesFrom(at: number, count: number): Press[] {
  return Array.from({ length: count }, (_, i) => ({
    at: at + i * PRESS_MS,
    terminal: 0,
    button: i % 5,
    heldMs: 80,
    bounceMs: i % 3 === 0 ? 8 : 0,
  }));
}

function script(presses: readonly Press[], faults: readonly Fault[], from = 0): Script {
  const terminals = [
    { levels: 5, lockoutMs: LOCKOUT_MS, blocks: 10, ppm: 50, startMs: 0xffff_ffff - 100_000 },
  ];
  const endMs = presses.at(-1)!.at + 2 * PRESS_MS;
  return { seed: 1, endMs, terminals, hosts: 1, weather: CALM, decay: 'none', presses, faults, from };
}

const unplugged = (at: number, forMs: number): Fault => ({
  kind: 'line',
  at,
  terminal: 0,
  halfOpen: false,
  forMs,
});

/** Each start opens a block: a quick way round the ring. */
const restarts = (at: readonly number[]): Fault[] =>
  at.map((at) => ({ kind: 'power', at, terminal: 0, cut: { where: 'now' }, offMs: OFF_MS }));

/** 210 presses through several laps of a small log, acknowledged one by one and in batches. */
export function laps(): Script {
  const faults = Array.from({ length: 10 }, (_, i) => unplugged(150_000 + i * 60_000, 30_000 + 2000 * i));
  return script(pressesFrom(3000, 210), [...faults, ...restarts([20_000, 40_000, 60_000, 80_000])]);
}

/**
 * A log that fills up out of reach and counts on, is emptied while nobody presses, and is out of reach
 * again when they do: what was closed and sent must then not grow.
 */
export function overflow(): Script {
  const boots = restarts([20_000, 30_000, 40_000, 50_000]);
  const presses = [...pressesFrom(3000, 30), ...pressesFrom(300_000, 15)];
  return script(presses, [unplugged(10_000, 120_000), ...boots, unplugged(290_000, 130_000)], 51_000);
}

/** Presses that come to the host one by one, and now and then many at once. */
export function commits(): Script {
  const faults = Array.from({ length: 6 }, (_, i) => unplugged(5000 + i * 120_000, 60_000));
  return script(pressesFrom(3000, 205), faults);
}

/** Cuts the power at each place in storage. */
export async function cutEverywhere(script: Script, options: WorldOptions): Promise<Exhausted> {
  const planned = script.faults.filter(({ kind }) => kind === 'power').length;
  return everywhere(async (place, run) => {
    const cutAt = (tear: number): Cut => ({ where: 'storage', calls: place, tear });
    const fault = (cut: Cut): Fault => ({ kind: 'power', at: script.from, terminal: 0, cut, offMs: OFF_MS });
    const first = await run(script, fault(cutAt(TEARS[0]!)), cutAt(TEARS[0]!), options);
    if (first.cutsInsideWrites === 0) return first.powerCuts > planned;
    for (const tear of TEARS.slice(1)) await run(script, fault(cutAt(tear)), cutAt(tear), options);
    return true;
  });
}

/** Kills the host at each place in its database calls. */
export async function crashEverywhere(script: Script, options: WorldOptions): Promise<Exhausted> {
  return everywhere(async (place, run) => {
    const crash: Crash = { when: 'inside', calls: place };
    const counts = await run(script, { kind: 'host', at: 0, host: 0, crash, downMs: OFF_MS }, crash, options);
    return counts.hostCrashes > 0;
  });
}

type Run = (script: Script, fault: Fault, at: Cut | Crash, options: WorldOptions) => Promise<Counts>;

class Found extends Error {}

async function everywhere(tryPlace: (place: number, run: Run) => Promise<boolean>): Promise<Exhausted> {
  const counts = noCounts();
  let places = 0;
  let runs = 0;
  let found: Pick<Exhausted, 'violation' | 'at'> = { violation: null, at: null };
  const run: Run = async (script, fault, at, options) => {
    const outcome = await runWorld({ ...script, faults: [...script.faults, fault] }, options);
    runs++;
    addCounts(counts, outcome.counts);
    if (outcome.violation !== null) {
      found = { violation: outcome.violation, at };
      throw new Found();
    }
    return outcome.counts;
  };
  try {
    while (await tryPlace(places + 1, run)) places++;
  } catch (error) {
    if (!(error instanceof Found)) throw error;
  }
  return { places, runs, counts, ...found };
}
