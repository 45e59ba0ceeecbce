/**
 * The promise, on real parts: 20 terminals running the compiled firmware, a real broker, the real host
 * as its own process on a real database. Presses made = ratings tallied, by terminal and level.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStoreForReading } from '../../host/store/sqlite/store.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { Fleet, pause } from './fleet.js';

vi.setConfig({ testTimeout: 120_000 });

const TERMINALS = 20;
const started: ChildProcess[] = [];
let fleet: Fleet | undefined;

afterEach(() => {
  fleet?.stop();
  fleet = undefined;
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function dataWithRegistry(): Promise<string> {
  const data = temporaryFolder();
  const file = join(data, 'registry.json');
  writeFileSync(file, JSON.stringify(Fleet.registry(TERMINALS)));
  const { code, err } = await Hailong.run('registry', 'load', file, '--data', data);
  expect(code, err).toBe(0);
  return data;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Everyone presses now and then, for `rounds` rounds, levels cycling. */
async function pressAll(terminals: Fleet, rounds: number): Promise<void> {
  await Promise.all(
    terminals.members.map(async (_, i) => {
      for (let round = 0; round < rounds; round++) {
        await terminals.press(i, (round * 3 + i) % 5);
        await pause((i * 37 + round * 61) % 120);
      }
    }),
  );
}

/** Ratings by terminal and level as the store has them, from its tallies alone. */
async function tallied(data: string): Promise<number[][]> {
  const store = openStoreForReading(data);
  const rows = await store.tallies({ from: 0 as never, to: 1e7 as never });
  await store.close();
  const table = Array.from({ length: TERMINALS }, () => [0, 0, 0, 0, 0]);
  for (const { counter, scale, level, count } of rows) {
    if (scale === 5) table[Number(counter.slice(1))]![level - 1]! += count;
  }
  return table;
}

const settled = (terminals: Fleet) => until('every terminal to be done', () => !terminals.waiting, 60_000);
const serveOn = (data: string, port: number) => Hailong.serve(data, '--mqtt-port', String(port));

describe('presses made = ratings tallied', () => {
  it('with the embedded broker', async () => {
    const data = await dataWithRegistry();
    const port = await freePort();
    await serveOn(data, port);
    fleet = new Fleet(temporaryFolder(), TERMINALS, port);
    await pressAll(fleet, 12);
    await settled(fleet);
    expect(await tallied(data)).toEqual(fleet.pressed);
    expect(fleet.pressed.flat().reduce((sum, count) => sum + count, 0)).toBe(TERMINALS * 12);
  });

  it('when the host is killed with SIGKILL again and again in the middle', async () => {
    const data = await dataWithRegistry();
    const port = await freePort();
    let host = await serveOn(data, port);
    const terminals = new Fleet(temporaryFolder(), TERMINALS, port);
    fleet = terminals;
    let pressing = true;
    const presses = pressAll(terminals, 40).finally(() => {
      pressing = false;
    });
    let kills = 0;
    while (pressing) {
      await pause(150 + kills * 90);
      host.child.kill('SIGKILL');
      await host.exited;
      kills++;
      host = await serveOn(data, port);
    }
    await presses;
    await settled(terminals);
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(await tallied(data)).toEqual(terminals.pressed);
    const tally = await Hailong.run('tally', '--json', '--data', data);
    expect(JSON.parse(tally.out).total).toMatchObject({ rated: TERMINALS * 40, missing: 0 });
  });

  const mosquitto = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(
    (path) => spawnSync(path, ['-h']).error === undefined,
  );

  it.skipIf(mosquitto === undefined && process.env.CI !== 'true')(
    'with Mosquitto for a broker, killed in the middle [needs mosquitto]',
    async () => {
      const data = await dataWithRegistry();
      const port = await freePort();
      const config = join(data, 'mosquitto.conf');
      writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`);
      const startBroker = async () => {
        const child = spawn(mosquitto!, ['-c', config], { stdio: 'ignore' });
        started.push(child);
        await until('mosquitto', () => answers(port));
        return child;
      };
      let broker = await startBroker();
      const host = Hailong.start(
        ...['serve', '--data', data, '--host', '127.0.0.1', '--port', '0', '--lang', 'en'],
        ...['--broker', `mqtt://127.0.0.1:${port}`],
      );
      await until('the host', () => host.out.includes('http://') || host.err !== '');
      expect(host.err).toBe('');
      fleet = new Fleet(temporaryFolder(), TERMINALS, port);
      const presses = pressAll(fleet, 20);
      for (let kills = 0; kills < 3; kills++) {
        await pause(700);
        broker.kill('SIGKILL');
        broker = await startBroker();
      }
      await presses;
      await settled(fleet);
      expect(await tallied(data)).toEqual(fleet.pressed);
    },
  );
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
