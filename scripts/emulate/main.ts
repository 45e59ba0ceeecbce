/**
 * `npm run emulate`: terminals on an emulated microcontroller, against a host that runs. In a window it
 * shows one terminal's display and lights and takes keys; without one (piped, in the background) it says a
 * line a terminal and takes the same keys from its input.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { aborted, Shell, stopSignal } from '../../host/command/shell.js';
import { readConfig } from '../../host/config.js';
import { HostError } from '../../host/errors.js';
import { packageRoot } from '../../host/package-root.js';
import { holdAlone } from '../../host/store/sqlite/occupancy.js';
import { STORE_FILE } from '../../host/store/sqlite/open.js';
import { terminalHex } from '../../protocol/topic.js';
import { QEMU } from './emulator.js';
import { cardFolder, type Identity, identities } from './identity.js';
import { symbolsOf } from './symbols.js';
import { EmulatedTerminal } from './terminal.js';
import { COLUMNS_MIN, frameLines, ROWS_MIN, type Size } from './window.js';

type EmulateOptions = {
  count: number;
  data: string;
  config?: string;
  mqttHost: string;
  mqttPort: number;
};

const COUNT_MAX = 20;
const LOCK_FILE = 'emulate.lock';
const DIAL_MS = 3_000;
const DRAW_MS = 100;
const KEY_CTRL_C = '\x03';

const shell = new Shell();
const { say } = shell;

async function emulate(options: EmulateOptions): Promise<number> {
  const stop = stopSignal();
  const image = join(packageRoot(), 'build', 'lm3s6965evb', 'hailong.elf');
  if (!existsSync(image)) throw new HostError('emulate_no_image');
  if (!existsSync(join(options.data, STORE_FILE))) {
    throw new HostError('store_absent', { folder: options.data });
  }
  await dial(options);
  mkdirSync(cardFolder(options.data), { recursive: true });
  const claim = holdAlone(cardFolder(options.data), LOCK_FILE, 'emulate_running');
  const people = await identities({
    data: options.data,
    count: options.count,
    zone: readConfig(options.config).zone,
    language: shell.lang,
    now: shell.now(),
    officeName: say('emulate.office'),
    counterName: (number) => say('emulate.counter', { number }),
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
  });
  const terminals = await powerOn(people, options, image);
  try {
    await (process.stdout.isTTY && process.stdin.isTTY ? inWindow : asLines)(terminals, stop);
  } finally {
    await Promise.all(terminals.map((terminal) => terminal.stop()));
    claim.end();
  }
  shell.out(say('emulate.stopped', { folder: cardFolder(options.data) }));
  return 0;
}

async function powerOn(people: readonly Identity[], { mqttHost, mqttPort }: EmulateOptions, image: string) {
  const symbols = symbolsOf(image);
  const terminals = people.map(
    (identity) => new EmulatedTerminal(identity, { image, symbols, mqttHost, mqttPort }),
  );
  try {
    await Promise.all(terminals.map((terminal) => terminal.start()));
  } catch (error) {
    await Promise.all(terminals.map((terminal) => terminal.stop()));
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new HostError('emulate_no_qemu', { program: QEMU, reason }, { cause: error });
  }
  return terminals;
}

/** Whether a broker is there at all, said before anything is made for it. */
async function dial({ mqttHost, mqttPort }: EmulateOptions): Promise<void> {
  const socket = connect({ host: mqttHost, port: mqttPort, timeout: DIAL_MS });
  const reached = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('timeout', () => resolve(false));
  });
  socket.destroy();
  if (!reached) throw new HostError('emulate_no_broker', { host: mqttHost, port: mqttPort });
}

/** One terminal at a time has the keys. */
class Keys {
  at = 0;
  /** What the last key came to. */
  status = '';

  constructor(
    private readonly terminals: readonly EmulatedTerminal[],
    private readonly onStatus: (status: string) => void,
  ) {}

  get terminal(): EmulatedTerminal {
    return this.terminals[this.at]!;
  }

  /** False to quit. */
  take(key: string): boolean {
    if (key === 'q' || key === KEY_CTRL_C) return false;
    const { terminal } = this;
    if (key === '\t') this.at = (this.at + 1) % this.terminals.length;
    else if (key === 'r') this.report(terminal, this.replug(terminal));
    else if (key >= '1' && key <= '5') this.report(terminal, this.press(terminal, Number(key)));
    return true;
  }

  private async press(terminal: EmulatedTerminal, level: number): Promise<string> {
    return say((await terminal.press(level)) ? 'emulate.thanked' : 'emulate.not_thanked', { level });
  }

  private async replug(terminal: EmulatedTerminal): Promise<string> {
    await terminal.replug();
    return say('emulate.replugged');
  }

  private report({ identity }: EmulatedTerminal, outcome: Promise<string>): void {
    void outcome
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((sentence) => {
        this.status = `${terminalHex(identity.terminal)}: ${sentence}`;
        this.onStatus(this.status);
      });
  }
}

/** Resolves when told to quit, by a key or a signal. */
function listen(keys: Keys, stop: AbortSignal): Promise<void> {
  const quit = new Promise<void>((resolve) => {
    process.stdin.setEncoding('utf8').on('data', (text: string) => {
      for (const key of text) if (!keys.take(key)) resolve();
    });
  });
  return Promise.race([quit, aborted(stop)]).finally(() => {
    process.stdin.pause();
    process.stdin.unref?.();
  });
}

async function asLines(terminals: readonly EmulatedTerminal[], stop: AbortSignal): Promise<void> {
  for (const terminal of terminals) {
    const { identity } = terminal;
    const path = await terminal.consolePath();
    shell.out(
      say('emulate.running', {
        terminal: terminalHex(identity.terminal),
        name: identity.name,
        path: path ?? '',
      }),
    );
  }
  shell.out(say('emulate.keys'));
  await listen(new Keys(terminals, shell.out), stop);
}

async function inWindow(terminals: readonly EmulatedTerminal[], stop: AbortSignal): Promise<void> {
  const keys = new Keys(terminals, () => {});
  process.stdin.setRawMode(true);
  process.stdout.write('\x1b[?1049h\x1b[?25l'); // a screen of its own, no cursor
  let open = true;
  try {
    const drawing = draw(keys, terminals, () => open);
    await listen(keys, stop);
    open = false;
    await drawing;
  } finally {
    process.stdin.setRawMode(false);
    process.stdout.write('\x1b[?25h\x1b[?1049l');
  }
}

async function draw(keys: Keys, terminals: readonly EmulatedTerminal[], open: () => boolean): Promise<void> {
  for (let drawn = ''; open(); await pause(DRAW_MS)) {
    const { columns, rows } = process.stdout;
    const text = await frame(keys, terminals, { columns, rows });
    const seen = `${columns} ${rows} ${text}`; // a window that changes its size shows what it likes
    if (seen !== drawn) process.stdout.write(`\x1b[H${text}\x1b[J`);
    drawn = seen;
  }
}

async function frame(keys: Keys, terminals: readonly EmulatedTerminal[], size: Size): Promise<string> {
  if (size.columns < COLUMNS_MIN || size.rows < ROWS_MIN) {
    return say('emulate.narrow', { columns: COLUMNS_MIN, rows: ROWS_MIN });
  }
  const { terminal } = keys;
  const { name, terminal: id } = terminal.identity;
  // A plug may be pulled at any instant, also while it is being asked.
  const view = await terminal.view().catch(() => null);
  const path = await terminal.consolePath().catch(() => null);
  const [at, count] = [keys.at + 1, terminals.length];
  const lines = frameLines(
    {
      title: say('emulate.title', { name, terminal: terminalHex(id), at, count }),
      view,
      link: say(view === null ? 'emulate.off' : view.online ? 'emulate.online' : 'emulate.offline'),
      status: keys.status,
      notes: [say('emulate.keys'), path === null ? '' : say('emulate.console', { path })],
    },
    size,
  );
  return lines.map((line) => `${line}\x1b[K`).join('\r\n');
}

const program = shell
  .command('npm run emulate --')
  .description(say('emulate.description'))
  .option(
    '--count <count>',
    say('emulate.option.count', { max: COUNT_MAX }),
    (given) => shell.integer(given, 1, COUNT_MAX, 'emulate.bad_count'),
    1,
  )
  .option('--mqtt-host <address>', say('emulate.option.mqtt_host'), '127.0.0.1')
  .option('--mqtt-port <port>', say('emulate.option.mqtt_port'), shell.portNumber, 1883)
  .addOption(shell.dataOption())
  .addOption(shell.configOption())
  .action((options: EmulateOptions) => shell.finish(() => emulate(options)));

await shell.run(program);
