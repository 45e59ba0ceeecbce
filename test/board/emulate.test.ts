/** `npm run emulate` beside a host that runs: what somebody sees who has never had a terminal in their hands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { REGISTRY } from './bench.js';
import { boardImage, lacks, RUN_PROGRAMS, root } from './image.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const MAIN = `${root}${process.env.HAILONG_DIST ?? 'dist'}/scripts/emulate/main.js`;

/** The command without a window: keys in, lines out. */
class Emulate {
  out = '';
  err = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [MAIN, '--lang', 'en', ...args]);
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  static async running(data: string, mqttPort: string, count: number): Promise<Emulate> {
    const emulate = new Emulate('--data', data, '--mqtt-port', mqttPort, '--count', String(count));
    await until('the terminals', () => {
      if (emulate.err !== '') throw new Error(emulate.err);
      return emulate.out.includes('q: quit');
    });
    return emulate;
  }

  /** Types a key and waits for what it says. */
  async type(key: string, sentence: string): Promise<void> {
    const before = this.out.length;
    this.child.stdin!.write(key);
    await until(sentence, () => this.out.includes(sentence, before), 60_000);
  }

  async quit(): Promise<number | null> {
    this.child.stdin!.write('q');
    return this.exited;
  }
}

describe.skipIf(lacks(...RUN_PROGRAMS))('npm run emulate [needs qemu-system-arm, mosquitto]', () => {
  let data: string;
  let mqttPort: string;

  beforeAll(async () => {
    await boardImage();
    data = temporaryFolder();
    writeFileSync(join(data, 'registry.json'), JSON.stringify(REGISTRY));
    await Hailong.run('registry', 'load', join(data, 'registry.json'), '--data', data);
    mqttPort = new URL((await Hailong.serve(data)).mqttUrl).port;
  });

  async function levels(): Promise<number[]> {
    const { out } = await Hailong.run('tally', '--json', '--data', data);
    const { total } = JSON.parse(out) as { total: { levels: { level: number; count: number }[] } };
    return [1, 2, 3, 4, 5].map((level) => total.levels.find((one) => one.level === level)?.count ?? 0);
  }

  const tallied = (expected: number[]) =>
    until(
      `the tally ${expected}`,
      async () => JSON.stringify(await levels()) === JSON.stringify(expected),
      60_000,
    );

  it('gives the running host two new terminals, whose presses it counts', async () => {
    const emulate = await Emulate.running(data, mqttPort, 2);
    await emulate.type('5', 'e0000001: thanked for face 5');
    await emulate.type('4', 'e0000001: face 4 stayed dark');
    await emulate.type('\t1', 'e0000002: thanked for face 1');
    await tallied([1, 0, 0, 0, 1]);
    expect(await emulate.quit()).toBe(0);
    expect(emulate.err).toBe('');
    const { out } = await Hailong.run('registry', 'show', '--data', data, '--lang', 'en');
    expect(out).toMatch(/Xã thử.*Emulated counter 1.*e0000001.*Emulated counter 2.*e0000002/s);
  });

  it('goes on with the same cards after quitting, and after the plug was pulled', async () => {
    const emulate = await Emulate.running(data, mqttPort, 1);
    await emulate.type('2', 'thanked for face 2');
    await emulate.type('r', 'powered again, on the same card');
    await emulate.type('3', 'thanked for face 3');
    await tallied([1, 1, 1, 0, 1]);
    await emulate.quit();
  });

  it('runs the terminals of a folder once at a time', async () => {
    const first = await Emulate.running(data, mqttPort, 1);
    const second = new Emulate('--data', data, '--mqtt-port', mqttPort);
    expect(await second.exited).toBe(1);
    expect(second.err).toContain('are running already');
    await first.quit();
  });

  it('says what is missing: a host, a broker, a sensible number', async () => {
    const empty = temporaryFolder();
    const noHost = new Emulate('--data', empty, '--mqtt-port', mqttPort);
    expect(await noHost.exited).toBe(1);
    expect(noHost.err).toContain('Run the host first');
    const noBroker = new Emulate('--data', data, '--mqtt-port', await closedPort());
    expect(await noBroker.exited).toBe(1);
    expect(noBroker.err).toContain('Run npm start in another window first');
    const tooMany = new Emulate('--count', '1000');
    expect(await tooMany.exited).toBe(2);
    expect(tooMany.err).toContain('1 to 20');
    expect(existsSync(join(empty, 'emulated'))).toBe(false);
  });
});

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
