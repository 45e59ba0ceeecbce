/**
 * The promise with the power cord out: a real broker, the real host and real terminals, each a process
 * of its own, under load, each killed with SIGKILL at seeded random instants, over and over. Then all
 * start once more, and what was thanked for is in the tally once, per terminal and level. A press cut
 * between finger and thanks is in doubt: it may count once or not at all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { openStoreForReading, type SqliteStore } from '../../host/store/sqlite/store.js';
import { decode } from '../../protocol/codec.js';
import { CAUSE_REQUESTED } from '../../protocol/constants.js';
import { open } from '../../protocol/seal.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { Random } from '../protocol/random.js';
import { Fleet, pause } from './fleet.js';
import { Service } from './service.js';

vi.setConfig({ testTimeout: 240_000 });

const SEED = Number(process.env.HAILONG_SEED ?? 1);
const PROCESSES = 4;
const TERMINALS = 20;
const KILLS = { broker: 14, host: 16, terminals: 24 };
const KILL_EVERY_MS_MAX = 700;
const BLOCKS = 130;
const DIST = process.env.HAILONG_DIST ?? 'dist';
const compiled = (path: string) => fileURLToPath(new URL(`../../${DIST}/${path}`, import.meta.url));

const mosquitto = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(
  (path) => spawnSync(path, ['-h']).error === undefined,
);

const services = new Set<Service>();
afterEach(async () => {
  await Promise.all([...services].map((service) => service.stop()));
  services.clear();
});

/** Ratings by level. */
type Levels = [number, number, number, number, number];
const none = (): Levels => [0, 0, 0, 0, 0];

type World = {
  readonly data: string;
  readonly folder: string;
  readonly port: number;
  readonly names: readonly string[];
  readonly keys: readonly Uint8Array[];
};

async function newWorld(): Promise<World> {
  const data = temporaryFolder();
  const folder = temporaryFolder();
  const registry = Fleet.registry(TERMINALS);
  writeFileSync(join(data, 'registry.json'), JSON.stringify(registry));
  const { code, err } = await Hailong.run('registry', 'load', join(data, 'registry.json'), '--data', data);
  expect(code, err).toBe(0);
  const names = registry.terminals.map(({ id }) => id);
  const keys = registry.terminals.map(({ key }) => Uint8Array.from(Buffer.from(key, 'hex')));
  names.forEach((name, i) => {
    const storage = new FileStorage(join(folder, `${name}.img`), BLOCKS);
    const terminal = Number.parseInt(name, 16);
    provision(storage, { terminal, key: keys[i]!, levels: 5, language: 'vi', name, lockoutMs: 0 });
    storage.close();
  });
  return { data, folder, port: await freePort(), names, keys };
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
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

// --- The processes ---

function service(...options: ConstructorParameters<typeof Service>): Service {
  const made = new Service(...options);
  services.add(made);
  return made;
}

function startBroker({ data, port }: World): Service {
  const config = join(data, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`);
  return service({
    name: 'broker',
    program: mosquitto!,
    args: () => ['-c', config],
    ready: () => answers(port),
  });
}

function startHost({ data, port }: World): Service {
  const broker = `mqtt://127.0.0.1:${port}`;
  const where = ['--data', data, '--host', '127.0.0.1', '--port', '0', '--broker', broker, '--lang', 'en'];
  const args = () => [compiled('host/main.js'), 'serve', ...where];
  const ready = (out: string) => out.includes('http://');
  return service({ name: 'host', program: process.execPath, args, ready });
}

function startTerminals(world: World, random: Random, ...more: string[]): Service[] {
  const { folder, port, names } = world;
  return Array.from({ length: PROCESSES }, (_, process_) => {
    const mine = names.filter((_, i) => i % PROCESSES === process_).join();
    const where = ['--folder', folder, '--broker', String(port), '--terminals', mine];
    const args = () => [
      compiled('test/hostile/terminals.js'),
      ...where,
      '--seed',
      `${random.next()}`,
      ...more,
    ];
    const ready = (out: string) => out.includes('ready');
    return service({ name: `terminals ${process_}`, program: process.execPath, args, ready });
  });
}

/** Who is to die, in the order drawn. */
function victims(random: Random, broker: Service, host: Service, terminals: readonly Service[]): Service[] {
  const list = [
    ...Array.from({ length: KILLS.broker }, () => broker),
    ...Array.from({ length: KILLS.host }, () => host),
    ...Array.from({ length: KILLS.terminals }, (_, i) => terminals[i % terminals.length]!),
  ];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

// --- The books ---

/** Presses thanked for, and presses that a kill cut off before the thanks. */
function journal({ folder, names }: World): { thanked: Levels[]; doubtful: Levels[] } {
  const thanked = names.map(none);
  const doubtful = names.map(none);
  names.forEach((name, i) => {
    const path = join(folder, `${name}.txt`);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
    lines.forEach((line, at) => {
      const level = (Number(line[1]) - 1) as 0;
      if (line[0] === 't') thanked[i]![level]++;
      else if (lines[at + 1] !== `t${level + 1}`) doubtful[i]![level]++;
    });
  });
  return { thanked, doubtful };
}

/** Ratings by terminal and level as the tallies have them. */
async function tallied(store: SqliteStore): Promise<Levels[]> {
  const table = Array.from({ length: TERMINALS }, none);
  for (const { counter, scale, level, count } of await store.tallies({
    from: 0 as never,
    to: 1e7 as never,
  })) {
    if (scale === 5) table[Number(counter.slice(1))]![(level - 1) as 0] += count;
  }
  return table;
}

/** Reads the kept frames as an auditor does, and knows how far each terminal has come. */
class Audit {
  readonly counted = Array.from({ length: TERMINALS }, none);
  /** Terminals whose last start, and the totals after it, are committed: nothing is under way any more. */
  readonly settled = new Set<number>();
  private readonly last = Array.from({ length: TERMINALS }, () => 0);
  private readonly started = new Set<number>();
  private position = 0;

  constructor(private readonly world: World) {}

  async read(store: SqliteStore): Promise<void> {
    const page = await store.batches(this.position, 1_000_000);
    for (const { position, batch } of page) {
      this.position = position;
      const i = this.world.names.indexOf(batch.terminal.toString(16).padStart(8, '0'));
      const opened = open(this.world.keys[i]!, 'up', batch.frame);
      const decoded = opened.kind === 'ok' ? decode(opened.content) : opened;
      if (decoded.kind !== 'ok' || decoded.message.kind !== 'batch') throw new Error('a bad frame was kept');
      // Contiguous from 1 on: no event twice, none missing.
      expect(batch.first, `terminal ${i}`).toBe(this.last[i]! + 1);
      this.last[i] = batch.last;
      const { first, events } = decoded.message;
      for (const event of events.slice(batch.first - first, batch.last - first + 1)) {
        if (event.kind === 'rating') this.counted[i]![(event.level - 1) as 0]++;
        if (event.kind === 'boot' && event.cause === CAUSE_REQUESTED) this.started.add(i);
        if (event.kind === 'totals' && this.started.has(i)) this.settled.add(i);
      }
    }
  }
}

const sum = (levels: readonly Levels[]) => levels.flat().reduce((total, count) => total + count, 0);

describe('kill -9', () => {
  it.skipIf(mosquitto === undefined && process.env.CI !== 'true')(
    `of broker, host and terminals, seed ${SEED}: thanked = tallied [needs mosquitto]`,
    async () => {
      const random = new Random(SEED);
      const world = await newWorld();
      const broker = startBroker(world);
      await broker.untilUp();
      const host = startHost(world);
      const terminals = startTerminals(world, random);
      for (const one of [host, ...terminals]) await one.untilUp();

      for (const victim of victims(random, broker, host, terminals)) {
        await victim.untilUp();
        await pause(random.below(KILL_EVERY_MS_MAX));
        victim.kill();
      }
      const all = [broker, host, ...terminals];
      await Promise.all([...all.slice(1), broker].map((one) => one.stop()));
      services.clear();
      const kills = all.reduce((total, one) => total + one.kills, 0);
      expect(kills).toBeGreaterThanOrEqual(50);

      const { thanked, doubtful } = journal(world);
      const store = openStoreForReading(world.data);
      expect(store.pragma('integrity_check')).toBe('ok');
      const before = await tallied(store);
      // There was work under way: much was pressed, much arrived between the kills.
      expect(sum(thanked)).toBeGreaterThan(TERMINALS * 10);
      expect(sum(before)).toBeGreaterThan(TERMINALS * 5);
      expect(sum(doubtful)).toBeLessThanOrEqual(PROCESSES * 2 * TERMINALS);

      const audit = new Audit(world);
      await startBroker(world).untilUp();
      await startHost(world).untilUp();
      startTerminals(world, random, '--quiet', '--cause', String(CAUSE_REQUESTED));
      await until(
        'every terminal to have told everything',
        async () => {
          await audit.read(store);
          return audit.settled.size === TERMINALS;
        },
        120_000,
      );

      const counted = await tallied(store);
      expect(audit.counted).toEqual(counted);
      counted.forEach((levels, i) => {
        levels.forEach((count, level) => {
          const sure = thanked[i]![level as 0];
          const where = `seed ${SEED}, terminal ${i}, level ${level + 1}`;
          expect(count, `${where}: thanked for and lost`).toBeGreaterThanOrEqual(sure);
          expect(count, `${where}: counted too often`).toBeLessThanOrEqual(sure + doubtful[i]![level as 0]);
        });
      });
      const books = await store.terminalBooks();
      expect(books.map(({ difference }) => difference)).toEqual(books.map(() => [0, 0, 0, 0, 0, 0]));
      expect(books.map(({ missing }) => missing)).toEqual(books.map(() => 0));
      expect(books).toHaveLength(TERMINALS);
      await store.close();
      console.log(
        `${kills} kills (broker ${broker.kills}, host ${host.kills}): ${sum(thanked)} thanked, ` +
          `${sum(doubtful)} in doubt, ${sum(before)} tallied when all was dead, ${sum(counted)} in the end`,
      );
    },
  );
});
