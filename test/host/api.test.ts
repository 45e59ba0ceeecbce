import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LISTENERS_MAX, LiveHub } from '../../host/api/live.js';
import type { Health, Hours, Offices, Summary, Terminals } from '../../host/api/schema.js';
import { createServer } from '../../host/api/server.js';
import { defaultConfig } from '../../host/config.js';
import { Ingest } from '../../host/ingest/ingest.js';
import { loadRegistry } from '../../host/registry/registry.js';
import { openStore, type SqliteStore } from '../../host/store/sqlite/store.js';
import { temporaryFolder, until } from './temporary.js';
import { at, rating, registryOf, suppressed, TestTerminal, totals, unix } from './terminal.js';

const NOW = unix('2026-03-02T02:30:00Z'); // 09:30 in Hanoi
const config = defaultConfig();
const [a, b, stray] = [new TestTerminal(0xa1), new TestTerminal(0xb2), new TestTerminal(0xc3)];

let app: FastifyInstance;
let store: SqliteStore;
let live: LiveHub;
let failing = false;

function documentWithHistory() {
  const document = registryOf([a, b]) as { places: object[]; terminals: object[] };
  const office = { kind: 'office', parent: 'group' };
  document.places.push({ id: 'closed', name: 'Đã đóng', to: '2025-07-01', ...office });
  document.places.push({ id: 'quiet', name: 'Chưa có đánh giá', ...office });
  document.terminals.push({ id: stray.hex, key: Buffer.from(stray.key).toString('hex') });
  return document;
}

beforeAll(async () => {
  const page = temporaryFolder();
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  writeFileSync(join(page, 'assets', 'index-C0ffee00.js'), '');
  store = openStore(temporaryFolder());
  await loadRegistry(store, documentWithHistory(), config.zone);
  const yesterday = at(NOW - 24 * 3_600_000);
  await new Ingest({ store }).receive([
    a.received(a.batch(1, [rating(5), rating(5), rating(2), suppressed(3), totals(0, 1, 0, 0, 2, 3)]), NOW),
    b.received(b.batch(1, [rating(4)]), yesterday),
    stray.received(stray.batch(1, [rating(1), rating(1)]), NOW),
  ]);
  live = new LiveHub(20);
  const health = async (): Promise<Health> => ({
    status: failing ? 'failing' : 'ok',
    broker: !failing,
    store: true,
    uptimeSeconds: 1,
    pending: 0,
    quarantined: 0,
  });
  app = await createServer({
    store,
    config,
    presence: { online: (terminal) => terminal === a.id },
    now: () => NOW,
    live,
    health,
    lang: 'vi',
    log: pino({ level: 'silent' }),
    version: '0.0.0',
    webRoot: page,
    plugins: [async (plugin) => void plugin.get('/virtual', async () => ({ here: true }))],
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  live.close();
  await app.close();
  await store.close();
});

async function ask<T>(path: string): Promise<T> {
  const response = await app.inject(`/api/v1${path}`);
  expect(response.statusCode, response.body).toBe(200);
  expect(response.headers['cache-control']).toBe('no-store');
  return response.json() as T;
}

describe('the API', () => {
  it('sums a period up, office by office', async () => {
    const summary = await ask<Summary>('/summary');
    expect(summary.title).toBe('Huyện Thử Nghiệm');
    expect(summary.period).toEqual({ from: '2026-02-17', to: '2026-03-02', zone: 'Asia/Ho_Chi_Minh' });
    expect(summary.total).toMatchObject({ rated: 4, satisfied: 3, rate: 0.75, suppressed: 3 });
    expect(summary.total.response).toEqual({ served: null, rate: null });
    expect(summary.unassigned).toBe(2);
    expect(summary.offices.map(({ office, figures }) => [office.id, figures.rated])).toEqual([
      ['office-1', 3],
      ['office-2', 1],
      ['quiet', 0],
    ]);
    expect(summary.offices[0]).toMatchObject({
      terminals: { total: 1, online: 1 },
      lastEventAt: '2026-03-02T02:30:00.000Z',
    });
    expect(summary.offices[1]!.terminals).toEqual({ total: 1, online: 0 });
  });

  it('takes days of the zone, both ends included', async () => {
    const rated = async (query: string) => (await ask<Summary>(`/summary?${query}`)).total.rated;
    expect(await rated('from=2026-03-02&to=2026-03-02')).toBe(3);
    expect(await rated('from=2026-03-01&to=2026-03-01')).toBe(1);
    expect(await rated('from=2026-03-01&to=2026-03-02')).toBe(4);
    expect(await rated('from=2026-03-03&to=2026-03-03')).toBe(0);
  });

  it('lists an office that was valid in the period only', async () => {
    const { offices } = await ask<Summary>('/summary?from=2025-06-30&to=2025-06-30');
    expect(offices.map(({ office }) => office.id)).toContain('closed');
  });

  it('answers for one office', async () => {
    const summary = await ask<Summary>('/summary?office=office-2');
    expect(summary).toMatchObject({ title: 'Bộ phận một cửa xã số 2', total: { rated: 1 }, unassigned: 0 });
    expect(summary.offices).toHaveLength(1);
  });

  it('gives every hour of the period until now', async () => {
    const { hours } = await ask<Hours>('/hours?from=2026-03-01&to=2026-03-02');
    expect(hours).toHaveLength(24 + 10);
    expect(hours[0]!.start).toBe('2026-02-28T17:00:00.000Z');
    expect(hours.filter(({ rated }) => rated > 0)).toEqual([
      { start: '2026-03-01T02:00:00.000Z', rated: 1, satisfied: 1 },
      { start: '2026-03-02T02:00:00.000Z', rated: 3, satisfied: 2 },
    ]);
    expect(
      (await ask<Hours>('/hours?from=2026-03-02&office=office-2&to=2026-03-02')).hours.at(-1)!.rated,
    ).toBe(0);
  });

  it('shows places and terminals, and never a key', async () => {
    const offices = await ask<Offices>('/offices');
    expect(offices.places.find(({ id }) => id === 'closed')!.to).toBe('2025-06-30T17:00:00.000Z');
    const { terminals } = await ask<Terminals>('/terminals');
    expect(terminals[0]).toEqual({
      terminal: '000000a1',
      office: { id: 'office-1', name: 'Bộ phận một cửa xã số 1' },
      counter: { id: 'office-1.1', name: 'Quầy 1' },
      online: true,
      boot: 1,
      committed: 5,
      lastEventAt: '2026-03-02T02:30:00.000Z',
      missing: 0,
      difference: [0, 0, 0, 0, 0, 0],
    });
    expect(terminals[2]).toMatchObject({ office: null, counter: null, difference: null });
    expect(JSON.stringify([offices, terminals])).not.toContain(
      Buffer.from(a.key).toString('hex').slice(0, 16),
    );
  });

  it.each([
    ['/summary?office=nowhere', 404, 'office_unknown'],
    ['/hours?office=office-1.1', 404, 'office_unknown'],
    ['/summary?from=2026-02-30', 400, 'bad_date'],
    ['/summary?from=2026-03-02&to=2026-03-01', 400, 'period_backwards'],
    ['/hours?from=2020-01-01&to=2026-01-01', 400, 'period_long'],
    ['/summary?from=1&from=2', 400, 'bad_request'],
    ['/nothing', 404, 'not_found'],
  ])('answers %s with a problem', async (path, status, code) => {
    const vi = await app.inject(`/api/v1${path}`);
    const en = await app.inject({ url: `/api/v1${path}`, headers: { 'accept-language': 'en-GB,vi;q=0.5' } });
    expect([vi.statusCode, (vi.json() as { code: string }).code]).toEqual([status, code]);
    const [inVi, inEn] = [vi, en].map((response) => (response.json() as { message: string }).message);
    expect(inVi).not.toBe(inEn);
    expect(inVi).not.toMatch(/[{}]|^error\./);
  });

  it('says 503 when it cannot take ratings', async () => {
    expect((await app.inject('/api/v1/health')).statusCode).toBe(200);
    failing = true;
    const response = await app.inject('/api/v1/health');
    failing = false;
    expect([response.statusCode, response.json()]).toMatchObject([503, { status: 'failing', broker: false }]);
  });

  it('answers as its OpenAPI description says', async () => {
    const description = await ask<{ paths: Record<string, { get: { responses: Record<string, never> } }> }>(
      '/openapi.json',
    );
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const paths = ['summary', 'hours', 'offices', 'terminals', 'health'];
    for (const path of paths) {
      const operation = description.paths[`/api/v1/${path}`]!.get.responses as unknown as Record<
        string,
        { content: { 'application/json': { schema: object } } }
      >;
      const check = ajv.compile(operation['200']!.content['application/json'].schema);
      expect(check(await ask(`/${path}`)), `${path}: ${ajv.errorsText(check.errors)}`).toBe(true);
    }
  });

  it('serves the page under a strict policy, and lets only hashed files be kept', async () => {
    const headers = async (path: string) => (await app.inject(path)).headers;
    expect(await headers('/')).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'self';.*frame-ancestors 'none'$/),
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const kept = (await headers('/assets/index-C0ffee00.js'))['cache-control'];
    expect(kept).toBe('public, max-age=31536000, immutable');
  });

  it('carries the routes of plugins', async () => {
    expect(await ask('/virtual')).toEqual({ here: true });
  });
});

describe('the live stream', () => {
  const url = () => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/live`;

  function listen(): Promise<{
    status: number;
    type: string;
    text: () => string;
    ended: () => boolean;
    stop(): void;
  }> {
    return new Promise((resolve, reject) => {
      const request = get(url(), (response) => {
        let text = '';
        let ended = false;
        response.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        response.on('close', () => {
          ended = true;
        });
        response.on('error', () => {});
        resolve({
          status: response.statusCode!,
          type: response.headers['content-type'] ?? '',
          text: () => text,
          ended: () => ended,
          stop: () => request.destroy(),
        });
      });
      request.on('error', reject);
    });
  }

  it('tells changes, several together, with heartbeats between', async () => {
    const listener = await listen();
    expect([listener.status, listener.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    live.publish('presence', { terminal: a.hex, online: true });
    live.tallyChanged(['office-1']);
    live.tallyChanged(['office-2', 'office-1']);
    await until('the tally', () => listener.text().includes('event: tally'));
    await until('a heartbeat', () => listener.text().includes(': heartbeat'));
    expect(listener.text()).toContain('event: presence\ndata: {"terminal":"000000a1","online":true}\n\n');
    expect(listener.text().match(/event: tally/g)).toHaveLength(1);
    expect(listener.text()).toContain('data: {"offices":["office-1","office-2"]}\n\n');
    listener.stop();
    await until('the departure', () => live.count === 0);
  });

  it('turns away more listeners than it has room for', async () => {
    const hub = new LiveHub();
    const sink = () => ({ writeHead() {}, write() {}, on() {}, end() {}, writableLength: 0 }) as never;
    for (let i = 0; i < LISTENERS_MAX; i++) expect(hub.attach(sink())).toBe(true);
    expect(hub.attach(sink())).toBe(false);
    hub.close();
  });

  it('drops a listener that does not read', () => {
    const hub = new LiveHub();
    let destroyed = false;
    const stuck = {
      writeHead() {},
      write() {},
      on() {},
      end() {},
      destroy: () => {
        destroyed = true;
      },
      writableLength: 1e6,
    };
    hub.attach(stuck as never);
    hub.publish('presence', { terminal: a.hex, online: true });
    expect(destroyed).toBe(true);
    hub.close();
  });
});
