/**
 * Events a second through ingest into a fresh store, beside the obvious host: JSON parsed, one INSERT
 * and one fsynced commit a message.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Ingest, type Received } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import { loadRegistry } from '../../host/registry/registry.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { Zone } from '../../host/zone.js';
import { encode } from '../../protocol/codec.js';
import type { Event, LogId, Seq, TerminalId, UptimeCs } from '../../protocol/messages.js';
import { seal } from '../../protocol/seal.js';
import { topicOf } from '../../protocol/topic.js';
import { median, number, type Row } from './row.js';

const RUNS = 5;
const TERMINALS = 500;
const GROUP = 1000;
const START = Date.UTC(2026, 0, 5, 2);
const key = (i: number) => new Uint8Array(32).fill(i);

export async function ingestRows(): Promise<Row[]> {
  const naive = median(await repeat(async (folder) => naiveRate(folder, 500)));
  const rows: Row[] = [];
  for (const [events, groups] of [
    [20, 20],
    [1, 40],
  ] as const) {
    const rate = median(await repeat((folder) => ourRate(folder, events, groups)));
    rows.push({
      what: `${events === 1 ? '1 event' : `${events} events`} a batch, groups of ${GROUP}`,
      ours: number(Math.round(rate / 100) * 100, 'events/s'),
      other: number(Math.round(naive / 10) * 10, 'events/s'),
      otherName: 'JSON, a commit a message',
    });
  }
  return rows;
}

async function repeat(run: (folder: string) => Promise<number>): Promise<number[]> {
  const rates: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const folder = mkdtempSync(join(tmpdir(), 'hailong-bench-'));
    rates.push(await run(folder));
    rmSync(folder, { recursive: true });
  }
  return rates;
}

async function ourRate(folder: string, eventsPerBatch: number, groups: number): Promise<number> {
  const store = openStore(folder);
  await loadRegistry(store, registry(), new Zone('Asia/Ho_Chi_Minh'));
  const ingest = new Ingest({ store });
  const load = Array.from({ length: groups }, (_, g) => group(g, eventsPerBatch));
  const from = performance.now();
  for (const messages of load) {
    const { outcomes } = await ingest.receive(messages);
    if (outcomes.some(({ kind }) => kind !== 'stored')) throw new Error('the load was not stored');
  }
  const seconds = (performance.now() - from) / 1000;
  await store.close();
  return (groups * GROUP * eventsPerBatch) / seconds;
}

function registry() {
  const terminals = Array.from({ length: TERMINALS }, (_, i) => ({
    id: (i + 1).toString(16).padStart(8, '0'),
    key: Buffer.from(key(i)).toString('hex'),
    counter: 'c',
    from: '2020-01-01',
  }));
  const places = [
    { id: 'g', parent: null, kind: 'group', name: 'g' },
    { id: 'o', parent: 'g', kind: 'office', name: 'o' },
    { id: 'c', parent: 'o', kind: 'counter', name: 'c' },
  ];
  return { title: 'bench', places, terminals };
}

/** Group `g`: its share of every terminal's stream, next batches in order. */
function group(g: number, eventsPerBatch: number): Received[] {
  const batchesEach = GROUP / TERMINALS;
  return Array.from({ length: GROUP }, (_, j): Received => {
    const i = j % TERMINALS;
    const number = g * batchesEach + Math.floor(j / TERMINALS);
    const events = Array.from(
      { length: eventsPerBatch },
      (_, e): Event => ({ delta: e === 0 ? 0 : 900, kind: 'rating', scale: 5, level: ((e + j) % 5) + 1 }),
    );
    const base = number * eventsPerBatch * 900;
    const sent = eventsPerBatch * 900;
    const content = encode({
      kind: 'batch',
      terminal: (i + 1) as TerminalId,
      log: 1 as LogId,
      boot: 1,
      first: (number * eventsPerBatch + 1) as Seq,
      base: base as UptimeCs,
      sent,
      events,
    });
    return {
      topic: topicOf((i + 1) as TerminalId, 'up'),
      payload: seal(key(i), 'up', content),
      receivedAt: (START + (base + sent) * 10) as UnixMs,
    };
  });
}

function naiveRate(folder: string, messages: number): number {
  const database = new Database(join(folder, 'naive.sqlite'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(
    'CREATE TABLE rating (terminal TEXT, seq INTEGER, time TEXT, level INTEGER, UNIQUE (terminal, seq))',
  );
  const insert = database.prepare('INSERT INTO rating VALUES (@terminal, @seq, @time, @level)');
  const load = Array.from({ length: messages }, (_, seq) =>
    JSON.stringify({ terminal: '2a1c0b07', seq, time: new Date(START + seq).toISOString(), level: 4 }),
  );
  const from = performance.now();
  for (const message of load) insert.run(JSON.parse(message));
  const seconds = (performance.now() - from) / 1000;
  database.close();
  return messages / seconds;
}
