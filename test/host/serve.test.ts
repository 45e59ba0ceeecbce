import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { Link } from './link.js';
import { Hailong } from './process.js';
import { temporaryFolder, until } from './temporary.js';
import { rating, registryOf, TestTerminal } from './terminal.js';

// Each test starts processes.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

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

describe('hailong serve', () => {
  it('takes ratings, acknowledges them, shows them while running, and stops cleanly', async () => {
    const terminal = new TestTerminal(0xa1);
    const data = await dataWith([terminal]);
    const host = await Hailong.serve(data);
    const link = await Link.connect(terminal, host.mqttUrl);
    expect(await link.send(terminal.batch(1, [rating(5), rating(4), rating(1)]))).toBe(3);
    expect(await rated(data)).toBe(3);
    const ask = async (path: string) => (await fetch(`${host.url}api/v1/${path}`)).json() as Promise<never>;
    expect(await ask('summary')).toMatchObject({
      total: { rated: 3 },
      offices: [{ terminals: { online: 1 } }],
    });
    expect(await ask('health')).toMatchObject({ status: 'ok', broker: true, store: true });
    link.close();
    await until('the will', async () => {
      const { terminals } = await ask('terminals');
      return (terminals as { online: boolean }[]).every(({ online }) => !online);
    });
    host.child.kill('SIGINT');
    expect([await host.exited, host.err]).toEqual([0, '']);
  });

  it('speaks MQTT over WebSocket on the page’s port, and tells open pages', async () => {
    const terminal = new TestTerminal(0xa1);
    const host = await Hailong.serve(await dataWith([terminal]));
    const live = await fetch(`${host.url}api/v1/live`);
    const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
    const link = await Link.connect(terminal, `${host.url.replace('http', 'ws')}mqtt`);
    expect(await link.send(terminal.batch(1, [rating(5)]))).toBe(1);
    let heard = '';
    while (!heard.includes('event: tally')) heard += (await reader.read()).value;
    expect(heard).toContain('data: {"offices":["office-1"]}');
    expect(heard).toContain('"online":true');
    host.child.kill('SIGTERM');
    expect(await host.exited).toBe(0);
    link.close();
  });

  it('is exact when killed at any moment and started again', async () => {
    const terminals = [new TestTerminal(0xa1), new TestTerminal(0xb2), new TestTerminal(0xc3)];
    const data = await dataWith(terminals);
    const events = Array.from({ length: 4 }, () => rating(5, 0));
    const batches = 60;
    const ports = { http: 0, mqtt: 0 };
    let host = await Hailong.serve(data);
    ports.mqtt = Number(new URL(host.mqttUrl).port);
    const links = await Promise.all(terminals.map((terminal) => Link.connect(terminal, host.mqttUrl)));
    let confirmed = 0;
    let kills = 0;
    const press = async (terminal: TestTerminal, link: Link) => {
      for (let first = 1; first <= batches * 4; ) {
        const committed = await link.send(terminal.batch(first, events, { base: first as never }), 200);
        if (committed === null) continue;
        // What was acknowledged before a kill must still be there after it.
        expect(committed).toBeGreaterThanOrEqual(first - 1);
        first = committed + 1;
        confirmed++;
      }
    };
    const kill = async () => {
      for (const share of [0.2, 0.4, 0.6, 0.8]) {
        await until('progress', () => confirmed > share * batches * terminals.length, 60_000);
        host.child.kill('SIGKILL');
        expect(await host.exited).toBeNull();
        kills++;
        host = await Hailong.serve(data, '--mqtt-port', String(ports.mqtt));
      }
    };
    await Promise.all([...terminals.map((terminal, i) => press(terminal, links[i]!)), kill()]);
    expect(kills).toBe(4);
    expect(await rated(data)).toBe(batches * 4 * terminals.length);
    for (const link of links) link.close();
    host.child.kill('SIGTERM');
    expect(await host.exited).toBe(0);
    const database = new Database(join(data, 'hailong.sqlite'), { readonly: true });
    const rows = database
      .prepare('SELECT terminal, first_seq, last_seq FROM batch ORDER BY terminal, id')
      .all();
    let expected = { terminal: 0, next: 1 };
    for (const row of rows as { terminal: number; first_seq: number; last_seq: number }[]) {
      if (row.terminal !== expected.terminal) expected = { terminal: row.terminal, next: 1 };
      expect(row.first_seq).toBe(expected.next);
      expected.next = row.last_seq + 1;
    }
    database.close();
  }, 120_000);

  it.each(['write', 'read'])('ends with a sentence and code 1 when its %s thread dies', async (mode) => {
    const data = await dataWith([]);
    const bomb = join(data, 'bomb.cjs');
    writeFileSync(
      bomb,
      `const { isMainThread, workerData } = require('node:worker_threads');
       if (!isMainThread && workerData?.mode === '${mode}') {
         const fs = require('node:fs');
         setInterval(() => { if (fs.existsSync(__dirname + '/now')) throw new Error('planted'); }, 10);
       }`,
    );
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--require=${bomb}`;
    const starting = Hailong.serve(data);
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    const host = await starting;
    writeFileSync(join(data, 'now'), '');
    expect(await host.exited).toBe(1);
    const lines = host.err.trimEnd().split('\n');
    expect(lines.at(-1)).toContain('The store thread has ended unexpectedly (planted)');
    expect(host.err).not.toMatch(/^\s+at /m);
  });

  describe('says in one sentence', () => {
    const refusal = async (...args: string[]) => {
      const { code, out, err } = await Hailong.run('serve', '--host', '127.0.0.1', '--lang', 'en', ...args);
      expect([code, out]).toEqual([1, '']);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      return err;
    };

    it.each(['--port', '--mqtt-port'])('that the port of %s is taken', async (option) => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      const ports = { '--port': '0', '--mqtt-port': '0', [option]: String(port) };
      const args = Object.entries(ports).flat();
      expect(await refusal('--data', temporaryFolder(), ...args)).toContain(`Port ${port} is in use`);
      taken.close();
    });

    it('that the folder cannot be written', async () => {
      const file = join(temporaryFolder(), 'file');
      writeFileSync(file, '');
      expect(await refusal('--data', join(file, 'data'))).toContain('Cannot write');
    });

    it('that a folder stands where the file should be', async () => {
      const data = temporaryFolder();
      mkdirSync(join(data, 'hailong.sqlite'));
      expect(await refusal('--data', data)).toContain('Cannot write');
    });

    it('that the database is damaged, or of a newer release', async () => {
      const damaged = temporaryFolder();
      writeFileSync(join(damaged, 'hailong.sqlite'), 'not a database '.repeat(1_000));
      expect(await refusal('--data', damaged)).toContain('damaged');
      const newer = await dataWith([]);
      const database = new Database(join(newer, 'hailong.sqlite'));
      database.pragma('user_version = 9');
      database.close();
      expect(await refusal('--data', newer)).toContain('newer release');
    });

    it('that the broker or the zone cannot be had', async () => {
      const args = ['--data', temporaryFolder(), '--port', '0'];
      expect(await refusal(...args, '--broker', 'nonsense')).toContain('not an MQTT broker');
      const config = join(temporaryFolder(), 'config.json');
      writeFileSync(config, JSON.stringify({ zone: 'Asia/Kolkata' }));
      expect(await refusal(...args, '--config', config)).toContain('not whole hours');
    });
  });
});
