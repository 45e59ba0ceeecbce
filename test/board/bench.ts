/**
 * A terminal on the bench, all of it real: the image in the emulator, its card a file, Mosquitto for a
 * broker, and someone listening to what the terminal sends, who knows its key.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { decode } from '../../protocol/codec.js';
import type { Batch, TerminalId } from '../../protocol/messages.js';
import { open } from '../../protocol/seal.js';
import { topicOf } from '../../protocol/topic.js';
import { Emulator } from '../../scripts/emulate/emulator.js';
import { temporaryFolder, until } from '../host/temporary.js';
import type { Image } from './image.js';

export const TERMINAL = 0x0000b001 as TerminalId;
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 5 + 1);
export const NAME = 'Văn Quan · Quầy 1';
/** 256 KiB: the smallest card that QEMU takes. */
const CARD_BLOCKS = 512;
export const LIGHT_ONLINE = 1 << 9;

export const REGISTRY = {
  title: 'Huyện thử',
  places: [
    { id: 'g', parent: null, kind: 'group', name: 'Huyện thử' },
    { id: 'o', parent: 'g', kind: 'office', name: 'Xã thử' },
    { id: 'c', parent: 'o', kind: 'counter', name: 'Quầy 1' },
  ],
  terminals: [
    {
      id: TERMINAL.toString(16).padStart(8, '0'),
      key: Buffer.from(KEY).toString('hex'),
      counter: 'c',
      from: '2020-01-01',
    },
  ],
};

export class Broker {
  private child: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly config: string,
  ) {}

  static async start(): Promise<Broker> {
    const port = await freePort();
    const config = join(temporaryFolder(), 'mosquitto.conf');
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`);
    const broker = new Broker(port, config);
    await broker.up();
    return broker;
  }

  async up(): Promise<void> {
    const program = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(
      (path) => spawnSync(path, ['-h']).error === undefined,
    );
    this.child = spawn(program ?? 'mosquitto', ['-c', this.config], { stdio: 'ignore' });
    await until('mosquitto', () => answers(this.port));
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }
}

/** Collects every event that reaches the broker, once each. */
export class Listener {
  readonly events = new Map<string, Batch['events'][number]>();
  private readonly client: MqttClient;

  constructor(port: number) {
    this.client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 200 });
    this.client.subscribe(topicOf(TERMINAL, 'up'));
    this.client.on('message', (_topic, payload) => this.take(payload));
  }

  of(kind: string): Batch['events'][number][] {
    return [...this.events.values()].filter((event) => event.kind === kind);
  }

  stop(): void {
    this.client.end(true);
  }

  private take(payload: Uint8Array): void {
    const opened = open(KEY, 'up', payload);
    if (opened.kind !== 'ok') throw new Error(`the board sent a bad frame: ${opened.code}`);
    const decoded = decode(opened.content);
    if (decoded.kind !== 'ok') throw new Error(`the board sent bad content: ${decoded.code}`);
    const { message } = decoded;
    if (message.kind !== 'batch') return;
    for (const [i, event] of message.events.entries())
      this.events.set(`${message.log} ${message.first + i}`, event);
  }
}

export class Board {
  emulator!: Emulator;

  private constructor(
    private readonly image: Image,
    readonly card: string,
    private readonly mqttPort: number,
  ) {}

  /** A provisioned card in a board that is still off. */
  static make(image: Image, mqttPort: number, lockoutMs = 0): Board {
    const card = join(temporaryFolder(), 'card.img');
    const storage = new FileStorage(card, CARD_BLOCKS);
    provision(storage, { terminal: TERMINAL, key: KEY, levels: 5, language: 'vi', name: NAME, lockoutMs });
    storage.close();
    return new Board(image, card, mqttPort);
  }

  async on(more: readonly string[] = []): Promise<void> {
    const { image, card, mqttPort } = this;
    this.emulator = await Emulator.start({ image: image.elf, card, mqttHost: '127.0.0.1', mqttPort, more });
  }

  /** Whether the firmware has these lights on. */
  async lit(lights: number): Promise<boolean> {
    const [mask] = await this.emulator.words(this.symbol('pins_lit'), 1);
    return (mask! & lights) === lights;
  }

  /**
   * Started, settings read, log mounted, buttons seen as up: what a press needs. The link may take longer.
   * In QEMU the lines read as pressed at first, and letting go is debounced like anything else.
   */
  async untilReady(): Promise<void> {
    const settledMs = 100;
    const word = async (name: string) => (await this.emulator.words(this.symbol(name), 1))[0]!;
    await until('the prompt', async () => (await word('pins_shown')) > 0);
    const shownAt = await word('millis');
    await until('the buttons to settle', async () => (await word('millis')) > shownAt + settledMs);
  }

  async untilOnline(deadlineMs = 30_000): Promise<void> {
    await this.untilReady();
    await until('the board to be online', () => this.lit(LIGHT_ONLINE), deadlineMs);
  }

  /** A citizen's press: down until the face lights up, then up. */
  async press(button: number): Promise<void> {
    await this.emulator.hold(button);
    await until(`face ${button + 1} to light up`, () => this.lit(1 << button));
    await this.emulator.release(button);
  }

  symbol(name: string): number {
    const address = this.image.symbols.get(name);
    if (address === undefined) throw new Error(`the image has no ${name}`);
    return address;
  }
}

/** Running totals, levels 1 to 5, that the newest block on the card starts with: LOG.md section 3. */
export function totalsOnCard(card: string): number[] {
  const bytes = readFileSync(card);
  let newest = -1;
  let totals: number[] = [];
  for (let at = 2 * 512; at < bytes.length; at += 512) {
    if (bytes.readUInt32LE(at) !== 0x31474c48 || bytes.readUInt32LE(at + 12) <= newest) continue;
    newest = bytes.readUInt32LE(at + 12);
    totals = [0, 1, 2, 3, 4].map((level) => bytes.readUInt32LE(at + 48 + 4 * level));
  }
  return totals;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
