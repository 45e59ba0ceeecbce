/**
 * Runs schedules by consecutive seeds until one breaks a promise; that one is cut down to the faults
 * and fingers it needs and run again with its trace. Everything is derived from the seeds: a schedule
 * that fails, fails again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { addCounts, type Counts, noCounts } from './counts.js';
import type { HostBug } from './host.js';
import type { Violation } from './oracle.js';
import { drawSchedule, type Schedule } from './schedule.js';
import { makeTemplate } from './template.js';
import { runWorld } from './world.js';

export type SimulationOptions = {
  readonly firmware: WebAssembly.Module;
  /** Where worlds may write; made and emptied by the caller. */
  readonly folder: string;
  readonly seed: number;
  readonly schedules: number;
  readonly terminals: number;
  readonly days: number;
  readonly hostBug?: HostBug;
  /** Cut down what fails; takes many runs. */
  readonly shrinks?: boolean;
  readonly onProgress?: (done: number, counts: Counts) => void;
};

export type Failure = {
  readonly seed: number;
  readonly violation: Violation;
  /** What is left of the schedule, and its course. */
  readonly schedule: Schedule;
  readonly trace: readonly string[];
};

export type Result = { readonly done: number; readonly counts: Counts; readonly failure: Failure | null };

/** Lines of the trace that are kept. */
const TRACE_LINES = 60;
const SHRINK_RUNS_MAX = 120;

/** What `npm run simulate` does unless told otherwise, and what the tests do. */
export const DEFAULT_RUN = { seed: 1, schedules: 200, terminals: 3, days: 1 };

export async function simulate(options: SimulationOptions): Promise<Result> {
  const { firmware, folder, hostBug = {} } = options;
  const template = join(folder, 'template');
  const run = (schedule: Schedule, trace?: (line: string) => void) =>
    runWorld(schedule, { firmware, template, folder, hostBug, ...(trace && { trace }) });
  const counts = noCounts();
  await makeTemplate(template, options.terminals);
  try {
    for (let done = 0; done < options.schedules; done++) {
      const seed = (options.seed + done) >>> 0;
      const schedule = drawSchedule({ ...options, seed });
      const outcome = await run(schedule);
      addCounts(counts, outcome.counts);
      if (outcome.violation !== null) {
        const failure = await explain(seed, schedule, outcome.violation, run, options.shrinks === true);
        return { done: done + 1, counts, failure };
      }
      options.onProgress?.(done + 1, counts);
    }
    return { done: options.schedules, counts, failure: null };
  } finally {
    rmSync(template, { recursive: true, force: true });
  }
}

type Run = (
  schedule: Schedule,
  trace?: (line: string) => void,
) => Promise<{ readonly violation: Violation | null }>;

async function explain(
  seed: number,
  whole: Schedule,
  first: Violation,
  run: Run,
  shrinks: boolean,
): Promise<Failure> {
  const breaks = async (schedule: Schedule) => (await run(schedule)).violation?.code === first.code;
  const schedule = shrinks ? await shrink(whole, breaks) : whole;
  const trace: string[] = [];
  const { violation } = await run(schedule, (line) => {
    trace.push(line);
    if (trace.length > TRACE_LINES) trace.shift();
  });
  return { seed, violation: violation ?? first, schedule, trace };
}

/** Leaves out halves, then quarters and so on, of the faults and of the presses, while it still breaks. */
async function shrink(whole: Schedule, breaks: (schedule: Schedule) => Promise<boolean>): Promise<Schedule> {
  let schedule = whole;
  let runs = 0;
  for (const what of ['faults', 'presses'] as const) {
    for (
      let size = Math.ceil(schedule[what].length / 2);
      size >= 1;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < schedule[what].length && runs < SHRINK_RUNS_MAX; ) {
        const list: readonly unknown[] = schedule[what];
        const less = { ...schedule, [what]: [...list.slice(0, at), ...list.slice(at + size)] };
        runs++;
        if (await breaks(less)) schedule = less;
        else at += size;
      }
    }
  }
  return schedule;
}
