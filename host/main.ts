#!/usr/bin/env node
/**
 * The `hailong` command: wiring only. The one place that reads the process's clock, environment and
 * arguments; everything below takes them as parameters.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { type Lang, text } from './catalogue.js';
import { type Console, runCommand } from './command/console.js';
import { registryLoadCommand, registryShowCommand } from './command/registry.js';
import { serveCommand } from './command/serve.js';
import { tallyCommand } from './command/tally.js';
import type { UnixMs } from './instant.js';
import { packageRoot } from './package-root.js';

const EXIT_USAGE = 2;

const lang = chooseLang(process.argv, process.env.LC_ALL || process.env.LANG);
const say = (key: string, params = {}) => text(lang, key, params);
const version = (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
  .version;
const log = pino({ level: process.env.HAILONG_LOG ?? 'warn' }, pino.destination({ dest: 2, sync: true }));

const shell: Console = {
  lang,
  out: (line) => process.stdout.write(line + '\n'),
  err: (line) => process.stderr.write(line + '\n'),
  now: () => Date.now() as UnixMs,
};

function chooseLang(argv: readonly string[], environment: string | undefined): Lang {
  const at = argv.findIndex((one) => one === '--lang' || one.startsWith('--lang='));
  const asked = at < 0 ? undefined : (argv[at]!.split('=')[1] ?? argv[at + 1]);
  if (asked === 'vi' || asked === 'en') return asked;
  return environment?.toLowerCase().startsWith('en') ? 'en' : 'vi';
}

function portNumber(given: string): number {
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new InvalidArgumentError(say('command.bad_port'));
}

/** Resolves at the first SIGINT or SIGTERM; the second ends the process as it stands. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

const finish = async (command: () => Promise<number>) => {
  process.exitCode = await runCommand(shell, command);
};

const dataOption = () => new Option('--data <dir>', say('command.option.data')).default('data');
const configOption = () => new Option('--config <file>', say('command.option.config'));
const langOption = () => new Option('--lang <lang>', say('command.option.lang')).choices(['vi', 'en']);

/** Usage in the chosen language; commander's own headings and errors are replaced, not translated. */
function localise(command: Command): Command {
  const headings: Record<string, string> = {
    'Usage:': say('command.heading.usage'),
    'Options:': say('command.heading.options'),
    'Commands:': say('command.heading.commands'),
    'Arguments:': say('command.heading.arguments'),
  };
  return command
    .exitOverride()
    .helpOption('-h, --help', say('command.option.help'))
    .configureHelp({ styleTitle: (title) => headings[title] ?? title })
    .configureOutput({
      outputError: (message, write) => write(usageError(message)),
    });
}

function usageError(message: string): string {
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? '';
  const kinds: [RegExp, string][] = [
    [/unknown option/, 'unknown_option'],
    [/unknown command/, 'unknown_command'],
    [/missing required argument/, 'missing_argument'],
    [/argument missing/, 'missing_value'],
    [/is invalid/, 'bad_value'],
    [/too many arguments/, 'too_many'],
  ];
  const kind = kinds.find(([pattern]) => pattern.test(message))?.[1];
  return kind === undefined ? message : say(`command.error.${kind}`, { what: quoted }) + '\n';
}

function newCommand(parent: Command, name: string): Command {
  return localise(parent.command(name)).addOption(langOption());
}

const program = localise(new Command('hailong'))
  .description(say('command.description'))
  .version(version, '-V, --version', say('command.option.version'))
  .helpCommand(false)
  .addOption(langOption());

newCommand(program, 'serve')
  .description(say('command.serve'))
  .option('--port <port>', say('command.option.port'), portNumber, 8080)
  .option('--mqtt-port <port>', say('command.option.mqtt_port'), portNumber, 1883)
  .option('--host <address>', say('command.option.host'), '0.0.0.0')
  .option('--broker <url>', say('command.option.broker'))
  .addOption(dataOption())
  .addOption(configOption())
  .action((options) =>
    finish(() => {
      const thread = new URL('./store/worker/thread.js', import.meta.url);
      const webRoot = join(packageRoot(), 'dist', 'web');
      return serveCommand(shell, options, { version, log, thread, webRoot, stop: stopSignal() });
    }),
  );

newCommand(program, 'tally')
  .description(say('command.tally'))
  .option('--office <id>', say('command.option.office'))
  .option('--from <date>', say('command.option.from'))
  .option('--to <date>', say('command.option.to'))
  .option('--json', say('command.option.json'))
  .addOption(dataOption())
  .addOption(configOption())
  .action((options) => finish(() => tallyCommand(shell, options)));

const registry = newCommand(program, 'registry').description(say('command.registry')).helpCommand(false);

newCommand(registry, 'load <file>')
  .description(say('command.registry_load'))
  .addOption(dataOption())
  .addOption(configOption())
  .action((file, options) => finish(() => registryLoadCommand(shell, file, options)));

newCommand(registry, 'show')
  .description(say('command.registry_show'))
  .option('--json', say('command.option.json'))
  .addOption(dataOption())
  .action((options) => finish(() => registryShowCommand(shell, options)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
}
