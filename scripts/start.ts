/**
 * `npm start`: a host on its embedded defaults with a virtual district attached. The first start makes
 * the district and 14 days of its past; every later one goes on from what is stored.
 */
import { join } from 'node:path';
import { loadFirmware } from '../firmware/boards/node/board.js';
import type { ServeOptions } from '../host/command/serve.js';
import { aborted, Shell, stopSignal } from '../host/command/shell.js';
import { readConfig } from '../host/config.js';
import { packageRoot } from '../host/package-root.js';
import { type Host, startHost } from '../host/serve.js';
import type { Occupancy } from '../host/store/sqlite/occupancy.js';
import { TERMINALS_MAX, TERMINALS_MIN, VISITORS } from './virtual/district.js';
import { LiveDistrict } from './virtual/live.js';
import type { PastProgress } from './virtual/past.js';
import { virtualRoutes } from './virtual/routes.js';
import {
  claimDistrict,
  type District,
  findDistrict,
  imagePath,
  makeDistrict,
  PAST_DAYS,
} from './virtual/setup.js';

type StartOptions = ServeOptions & { terminals?: number; seed?: number; virtual: boolean };

const TERMINALS_DEFAULT = 24;
const SEED_DEFAULT = 1;
const SEED_MAX = 2 ** 32 - 1;

const shell = new Shell();
const { say } = shell;

async function start(options: StartOptions): Promise<number> {
  const stop = stopSignal();
  const config = readConfig(options.config);
  const firmware = loadFirmware(join(packageRoot(), 'build', 'hailong.wasm'));
  let district: District | null = null;
  let live: LiveDistrict | null = null;
  let claim: Occupancy | null = null;
  if (options.virtual) {
    findDistrict(options.data); // a real host's folder is refused before anything is left in it
    claim = claimDistrict(options.data);
    district = findDistrict(options.data) ?? (await build());
    if (district === null) return 0;
    if (options.terminals !== undefined && district.plans.length !== options.terminals + 1) {
      shell.err(say('start.terminals_stay', { count: district.plans.length - 1, folder: options.data }));
    }
  }
  const host: Host = await startHost({
    ...options,
    ...shell,
    config,
    plugins: options.virtual ? [virtualRoutes(() => live)] : [],
  });
  if (district !== null && host.mqttPort !== null) live = goLive(district, host.mqttPort, host);
  shell.out(say('start.ready', { url: host.url }));
  const failure = await Promise.race([aborted(stop), host.failed]);
  live?.stop();
  await host.close();
  claim?.end();
  if (failure !== undefined) throw failure;
  shell.out(say('start.stopped'));
  return 0;

  function build(): Promise<District | null> {
    shell.out(say('start.building', { days: PAST_DAYS }));
    return makeDistrict(
      {
        data: options.data,
        terminals: options.terminals ?? TERMINALS_DEFAULT,
        seed: options.seed ?? SEED_DEFAULT,
        firmware,
        zone: config.zone,
        language: shell.lang,
        now: shell.now,
        onProgress: showProgress,
      },
      stop,
    );
  }

  function goLive({ plans, seed }: District, mqttPort: number, host: Host): LiveDistrict {
    return new LiveDistrict({
      firmware,
      plans,
      seed,
      zone: config.zone,
      mqttPort,
      imageOf: (plan) => imagePath(options.data, plan),
      now: shell.now,
      monotonicMs: () => performance.now(),
      onScreen: (plan, { lines, lights }) => {
        if (plan.id === VISITORS.id) host.live.publish('screen', { lines, lights });
      },
    });
  }
}

/** One line that is written over on a terminal, a line a day elsewhere. */
function showProgress({ day, days, presses }: PastProgress): void {
  const line = say('start.progress', { day, days, presses });
  if (!process.stdout.isTTY) shell.out(line);
  else process.stdout.write(`\r${line}${day === days ? '\n' : ''}`);
}

const program = shell
  .command('npm start --')
  .description(say('start.description'))
  .option('--port <port>', say('command.option.port'), shell.portNumber, 8080)
  .option('--mqtt-port <port>', say('command.option.mqtt_port'), shell.portNumber, 1883)
  .option('--host <address>', say('command.option.host'), '127.0.0.1')
  .option('--terminals <count>', say('start.option.terminals', { count: TERMINALS_DEFAULT }), (given) =>
    shell.integer(given, TERMINALS_MIN, TERMINALS_MAX, 'start.bad_terminals'),
  )
  .option('--seed <number>', say('start.option.seed', { seed: SEED_DEFAULT }), (given) =>
    shell.integer(given, 0, SEED_MAX, 'start.bad_seed'),
  )
  .option('--no-virtual', say('start.option.no_virtual'))
  .addOption(shell.dataOption())
  .addOption(shell.configOption())
  .action((options: StartOptions) => shell.finish(() => start(options)));

await shell.run(program);
