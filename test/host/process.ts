/** The compiled `hailong` command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { until } from './temporary.js';

const DIST = process.env.HAILONG_DIST ?? 'dist';
const MAIN = fileURLToPath(new URL(`../../${DIST}/host/main.js`, import.meta.url));
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

export class Hailong {
  out = '';
  err = '';
  readonly exited: Promise<number | null>;

  constructor(
    readonly child: ChildProcess,
    readonly args: readonly string[],
  ) {
    running.add(child);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.exited = new Promise((resolve) => {
      child.on('close', (code) => {
        running.delete(child);
        resolve(code);
      });
    });
  }

  static start(...args: string[]): Hailong {
    return new Hailong(spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }), args);
  }

  /** Runs to the end. */
  static async run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const process = Hailong.start(...args);
    const code = await process.exited;
    return { code, out: process.out, err: process.err };
  }

  /** A host on free ports, once it says it is ready. */
  static async serve(data: string, ...more: string[]): Promise<Hailong & { url: string; mqttUrl: string }> {
    const host = Hailong.start(
      ...['serve', '--data', data, '--host', '127.0.0.1', '--port', '0', '--mqtt-port', '0', '--lang', 'en'],
      ...more,
    );
    let ended = false;
    host.exited.then(() => {
      ended = true;
    });
    const line = await until('the ready line', () => {
      if (ended) throw new Error(`the host ended: ${host.err}`);
      return /running: (\S+) \(MQTT: port (\d+)\)/.exec(host.out);
    });
    return Object.assign(host, { url: line[1]!, mqttUrl: `mqtt://127.0.0.1:${line[2]}` });
  }
}
