import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Link } from './link.js';
import { Hailong } from './process.js';
import { temporaryFolder, until } from './temporary.js';
import { rating, registryOf, TestTerminal } from './terminal.js';

async function dataWith(terminals: TestTerminal[]): Promise<string> {
  const data = temporaryFolder();
  const file = join(data, 'registry.json');
  writeFileSync(file, JSON.stringify(registryOf(terminals)));
  const loaded = await Hailong.run('registry', 'load', file, '--data', data);
  expect(loaded.code, loaded.err).toBe(0);
  return data;
}

async function rated(data: string): Promise<number> {
  const { out, err } = await Hailong.run('tally', '--json', '--data', data);
  expect(err).toBe('');
  return JSON.parse(out).total.rated;
}

describe('serve, as a process', () => {
  it('takes ratings, acknowledges them, shows them while running, and stops cleanly', async () => {
    const terminal = new TestTerminal(0xa1);
    const data = await dataWith([terminal]);
    const host = await Hailong.serve(data);
    const link = await Link.connect(terminal, host.mqttUrl);
    expect(await link.send(terminal.batch(1, [rating(5), rating(4), rating(1)]))).toBe(3);
    expect(await rated(data)).toBe(3);
    const summary = (await (await fetch(`${host.url}api/v1/summary`)).json()) as { total: { rate: number } };
    expect(summary.total.rate).toBeCloseTo(2 / 3);
    host.child.kill('SIGINT');
    expect(await host.exited).toBe(0);
    expect(host.err).toBe('');
    link.close();
  });
});
