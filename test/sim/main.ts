/**
 * `npm run simulate`: tries schedules of faults and says what they went through, or which seed breaks
 * the promise and how to see it again.
 */
import { rmSync } from 'node:fs';
import { Shell } from '../../host/command/shell.js';
import { builtFirmware, worldFolder } from './place.js';
import { DEFAULT_RUN, type Failure, simulate } from './simulation.js';

type Options = { seed: number; schedules: number; terminals: number; days: number };

const U32_MAX = 0xffff_ffff;
const PROGRESS_SCHEDULES = 100;

const shell = new Shell();
const { say } = shell;
const number = (min: number, max: number) => (given: string) =>
  shell.integer(given, min, max, 'simulate.bad_number');

async function run({ seed, schedules, terminals, days }: Options): Promise<number> {
  const folder = worldFolder();
  const firmware = builtFirmware();
  try {
    const { done, counts, failure } = await simulate({
      firmware,
      folder,
      seed,
      schedules,
      terminals,
      days,
      shrinks: true,
      onProgress: (soFar) => {
        if (soFar % PROGRESS_SCHEDULES === 0) shell.err(say('simulate.progress', { done: soFar, schedules }));
      },
    });
    if (failure !== null) {
      report(failure, terminals, days);
      return 1;
    }
    shell.out(say('simulate.held', { done, first: seed, last: (seed + done - 1) >>> 0 }));
    for (const [name, count] of Object.entries(counts)) {
      shell.out(`  ${say(`simulate.count.${name}`)}: ${count}`);
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report({ seed, violation, schedule, trace }: Failure, terminals: number, days: number): void {
  shell.err(say('simulate.broken', { seed, what: violation.message }));
  shell.err(say('simulate.needs', { faults: schedule.faults.length, presses: schedule.presses.length }));
  for (const fault of schedule.faults) shell.err(`  ${JSON.stringify(fault)}`);
  shell.err(say('simulate.trace'));
  for (const line of trace) shell.err(`  ${line}`);
  shell.err(
    say('simulate.again', {
      command: `npm run simulate -- --seed ${seed} --schedules 1 --terminals ${terminals} --days ${days}`,
    }),
  );
}

const program = shell
  .command('simulate')
  .description(say('simulate.about'))
  .option('--seed <number>', say('simulate.option.seed'), number(0, U32_MAX), DEFAULT_RUN.seed)
  .option(
    '--schedules <number>',
    say('simulate.option.schedules'),
    number(1, 1_000_000),
    DEFAULT_RUN.schedules,
  )
  .option('--terminals <number>', say('simulate.option.terminals'), number(1, 64), DEFAULT_RUN.terminals)
  .option('--days <number>', say('simulate.option.days'), number(1, 365), DEFAULT_RUN.days)
  .action((options: Options) => shell.finish(() => run(options)));

await shell.run(program);
