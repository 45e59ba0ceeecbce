/**
 * The real host as a process of its own, on ports of its own, over a data folder that outlives it: it
 * can be killed and started again under an open page.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const HAILONG = join(DIST, 'host/main.js');
/** What `npm start` runs once everything is built. */
const START = join(DIST, 'scripts/start.js');

export class HostProcess {
  private constructor(
    readonly data: string,
    readonly port: number,
    readonly mqttPort: number,
    private readonly command: readonly string[],
    private child: ChildProcess,
  ) {}

  /** The host as an office runs it, with this registry. */
  static async serve(registry: unknown): Promise<HostProcess> {
    const data = newFolder();
    const file = join(data, 'registry.json');
    writeFileSync(file, JSON.stringify(registry));
    execFileSync(process.execPath, [HAILONG, 'registry', 'load', file, '--data', join(data, 'store')]);
    return HostProcess.run(data, [HAILONG, 'serve']);
  }

  /** The host with its virtual district, as `npm start` runs it. */
  static async start(...options: string[]): Promise<HostProcess> {
    return HostProcess.run(newFolder(), [START, ...options]);
  }

  private static async run(data: string, command: readonly string[]): Promise<HostProcess> {
    const [port, mqttPort] = [await freePort(), await freePort()];
    const ports = ['--port', String(port), '--mqtt-port', String(mqttPort), '--host', '127.0.0.1'];
    const whole = [...command, ...ports, '--data', join(data, 'store'), '--lang', 'vi'];
    try {
      return new HostProcess(data, port, mqttPort, whole, await ready(whole));
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, this.url));
    return (await response.json()) as T;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async again(): Promise<void> {
    this.child = await ready(this.command);
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'hailong-page-'));
}

/** Starts the host and waits until it has printed its address. */
async function ready(command: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const heard = (chunk: Buffer) => {
      said += chunk;
      if (/http:\/\/\S+/.test(said)) resolve();
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    child.on('exit', (code) => reject(new Error(`the host ended with ${code}: ${said}`)));
  });
  return child;
}

/** A host that is started again must find its port as it left it, so it cannot be given port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
