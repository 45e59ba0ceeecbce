/**
 * The process as a command sees it: language, clock, output, log, signals, usage in two languages. The
 * one place that reads the process's clock, environment and arguments; everything below takes them as
 * parameters.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Logger, pino } from 'pino';
import { type Lang, text } from '../catalogue.js';
import type { ErrorParams } from '../errors.js';
import type { UnixMs } from '../instant.js';
import { packageRoot } from '../package-root.js';
import { type Console, runCommand } from './console.js';

const EXIT_USAGE = 2;
const EXIT_SECOND_SIGNAL = 130;
const SAME_SIGNAL_MS = 1000;

export class Shell implements Console {
  readonly lang: Lang = chooseLang(process.argv, process.env.LC_ALL || process.env.LANG);
  readonly version = packageVersion();
  readonly log: Logger = pino(
    { level: process.env.HAILONG_LOG ?? 'warn' },
    pino.destination({ dest: 2, sync: true }),
  );
  /** Where the built page lies. */
  readonly webRoot = join(packageRoot(), 'dist', 'web');
  /** The compiled store thread. */
  readonly thread = new URL('../store/worker/thread.js', import.meta.url);

  out = (line: string) => void process.stdout.write(line + '\n');
  err = (line: string) => void process.stderr.write(line + '\n');
  now = () => Date.now() as UnixMs;
  say = (key: string, params: ErrorParams = {}) => text(this.lang, key, params);

  /** Runs a command and leaves its exit code. */
  finish = async (command: () => Promise<number>): Promise<void> => {
    process.exitCode = await runCommand(this, command);
  };

  /** A port number from 0 to 65535, or a usage error. */
  portNumber = (given: string): number => this.integer(given, 0, 65_535, 'command.bad_port');

  integer(given: string, min: number, max: number, complaint: string): number {
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(this.say(complaint, { min, max }));
  }

  dataOption = () => new Option('--data <dir>', this.say('command.option.data')).default('data');
  configOption = () => new Option('--config <file>', this.say('command.option.config'));
  langOption = () => new Option('--lang <lang>', this.say('command.option.lang')).choices(['vi', 'en']);

  /** A command, with usage in the chosen language; commander's own words are replaced, not translated. */
  command(name: string, parent?: Command): Command {
    const headings: Record<string, string> = {
      'Usage:': this.say('command.heading.usage'),
      'Options:': this.say('command.heading.options'),
      'Commands:': this.say('command.heading.commands'),
      'Arguments:': this.say('command.heading.arguments'),
    };
    return (parent === undefined ? new Command(name) : parent.command(name))
      .exitOverride()
      .helpOption('-h, --help', this.say('command.option.help'))
      .configureHelp({
        styleTitle: (title) => headings[title] ?? title,
        optionDescription: (option) => this.described(option),
      })
      .configureOutput({ outputError: (message, write) => write(this.usageError(message)) })
      .addOption(this.langOption());
  }

  /** Runs the program; a usage error ends with its own exit code. */
  async run(program: Command): Promise<void> {
    try {
      await program.parseAsync();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    }
  }

  /** An option's description with its choices and default, as commander would add them in English. */
  private described({ description, argChoices, defaultValue, negate }: Option): string {
    const notes = argChoices === undefined ? [] : [argChoices.join(', ')];
    if (defaultValue !== undefined && !negate) {
      notes.push(this.say('command.default', { value: String(defaultValue) }));
    }
    return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
  }

  private usageError(message: string): string {
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
    if (kind === undefined) return message;
    return [this.say(`command.error.${kind}`, { what: quoted }), ...this.reason(message)].join(' ') + '\n';
  }

  /** What commander was told of why a value is invalid. */
  private reason(message: string): string[] {
    const choices = /Allowed choices are (.*)\./.exec(message)?.[1];
    if (choices !== undefined) return [this.say('command.error.choices', { choices })];
    const reason = /is invalid\. (.+)/.exec(message)?.[1];
    return reason === undefined ? [] : [reason];
  }
}

/**
 * Aborts at the first SIGINT or SIGTERM; a later one ends the process as it stands. Signals close
 * together are one: Ctrl-C under npm arrives twice, from the terminal and passed on by npm.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let patience: number | undefined;
  const onSignal = () => {
    patience ??= performance.now() + SAME_SIGNAL_MS;
    if (performance.now() > patience) process.exit(EXIT_SECOND_SIGNAL);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function chooseLang(argv: readonly string[], environment: string | undefined): Lang {
  const at = argv.findIndex((one) => one === '--lang' || one.startsWith('--lang='));
  const asked = at < 0 ? undefined : (argv[at]!.split('=')[1] ?? argv[at + 1]);
  if (asked === 'vi' || asked === 'en') return asked;
  return environment?.toLowerCase().startsWith('en') ? 'en' : 'vi';
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;
}
