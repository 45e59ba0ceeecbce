/** What `npm start` runs, as a newcomer meets it: first start, later starts, and what can go wrong. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { Summary } from '../../host/api/schema.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';

vi.setConfig({ testTimeout: 90_000 });

const START = fileURLToPath(new URL('../../dist/scripts/start.js', import.meta.url));
const FREE = ['--port', '0', '--mqtt-port', '0', '--lang', 'en'];

function start(...args: string[]): Hailong {
  return new Hailong(spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }), args);
}

function ready(host: Hailong): Promise<string> {
  return until('the address', () => {
    expect(host.err).toBe('');
    return /open (http:\S+)/.exec(host.out)?.[1];
  });
}

async function summary(url: string): Promise<Summary> {
  return (await (await fetch(`${url}api/v1/summary`)).json()) as Summary;
}

async function stop(host: Hailong): Promise<number | null> {
  host.child.kill('SIGINT');
  return host.exited;
}

describe('npm start', () => {
  it('makes the district with its past, every finger counted; stops cleanly; goes on with what is stored', async () => {
    const data = temporaryFolder();
    const first = start('--data', data, '--terminals', '18', '--seed', '7', ...FREE);
    const url = await ready(first);
    const presses = Number(/day 14 of 14: (\d+) presses/.exec(first.out)?.[1]);
    const { total, offices, unassigned, title } = await summary(url);
    expect(presses).toBeGreaterThan(500);
    expect(total.rated + total.suppressed).toBe(presses);
    expect(total.rated).toBe(offices.reduce((sum, { figures }) => sum + figures.rated, 0));
    expect({ title, unassigned, missing: total.missing }).toEqual({
      title: 'Huyện Văn Quan',
      unassigned: 0,
      missing: 0,
    });
    expect(offices).toHaveLength(18);
    expect(offices.every(({ figures }) => figures.rated > 0)).toBe(true);
    expect(total.rate).toBeGreaterThan(0.8);
    expect(total.rate).toBeLessThan(1);
    await until('terminals online', async () =>
      (await summary(url)).offices.every(({ terminals }) => terminals.online === terminals.total),
    );
    expect(await stop(first)).toBe(0);
    expect(first.out).toContain('Stopped');

    const second = start('--data', data, ...FREE);
    const again = await ready(second);
    expect(second.out).not.toContain('day 14');
    expect((await summary(again)).total.rated).toBeGreaterThanOrEqual(total.rated);
    const pressed = await fetch(`${again}api/v1/virtual/buttons`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"button":0}',
    });
    expect(pressed.status).toBe(202);
    await until('the press to count', async () => (await summary(again)).total.rated > total.rated);
    expect(await stop(second)).toBe(0);
  });

  it('runs a district once: a second start of the same folder is refused, a killed one leaves no lock', async () => {
    const data = temporaryFolder();
    const first = start('--data', data, '--terminals', '18', ...FREE);
    await ready(first);
    const second = start('--data', data, ...FREE);
    expect(await second.exited).toBe(1);
    expect(second.err).toContain('already running');
    first.child.kill('SIGKILL');
    await first.exited;
    const third = start('--data', data, ...FREE);
    await ready(third);
    expect(await stop(third)).toBe(0);
  });

  it('the same seed makes the same past', async () => {
    const counts: string[] = [];
    for (const seed of ['5', '5', '6']) {
      const host = start('--data', temporaryFolder(), '--terminals', '18', '--seed', seed, ...FREE);
      await ready(host);
      counts.push(host.out.replace(/.*open .*/, ''));
      await stop(host);
    }
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).not.toBe(counts[2]);
  });

  it('stopped while it makes the past, it leaves nothing half done', async () => {
    const data = temporaryFolder();
    const host = start('--data', data, '--terminals', '500', ...FREE);
    await until('some progress', () => host.out.includes('day 1 '));
    expect(await stop(host)).toBe(0);
    expect(readdirSync(data)).toEqual(['virtual.lock']);
  });

  it('--no-virtual is the host alone', async () => {
    const data = temporaryFolder();
    const host = start('--data', data, '--no-virtual', ...FREE);
    const url = await ready(host);
    expect((await fetch(`${url}api/v1/virtual`)).status).toBe(404);
    expect((await summary(url)).offices).toEqual([]);
    expect(existsSync(join(data, 'virtual.json'))).toBe(false);
    await stop(host);
    const onTop = start('--data', data, ...FREE);
    expect([await onTop.exited, onTop.out]).toEqual([1, '']);
    expect(onTop.err).toContain("holds a real host's data");
  });

  const mistakes: [name: string, args: string[], code: number, says: RegExp][] = [
    ['too few terminals', ['--terminals', '17'], 2, /from 18/],
    ['too many terminals', ['--terminals', '501'], 2, /terminals/],
    ['a seed that is none', ['--seed', 'x'], 2, /seed/],
    ['a port that is none', ['--port', '99999'], 2, /from 0 to 65535/],
    ['a language that is none', ['--lang', 'zz'], 2, /vi, en/],
    ['an option that is none', ['--colour'], 2, /colour/],
  ];
  it.each(mistakes)('%s: a clear sentence, a non-zero exit', async (_name, args, code, says) => {
    const host = start('--data', temporaryFolder(), '--lang', 'en', ...args);
    expect(await host.exited).toBe(code);
    expect(host.err).toMatch(says);
    expect(host.err).not.toContain('    at ');
  });

  it.each(['--port', '--mqtt-port'])('%s in use: says so before anything else is done', async (option) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const host = start('--data', temporaryFolder(), '--no-virtual', ...FREE, option, String(port));
    expect(await host.exited).toBe(1);
    expect(host.err).toContain(String(port));
    expect(host.err).not.toContain('    at ');
    taken.close();
  });

  it('a folder that cannot be written: says so', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const mode of [[], ['--no-virtual']]) {
      const host = start('--data', join(file, 'data'), ...mode, ...FREE);
      expect(await host.exited).toBe(1);
      expect(host.err).toContain(join(file, 'data'));
      expect(host.err).not.toContain('    at ');
    }
  });
});
