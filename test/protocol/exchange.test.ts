/**
 * The published exchanges against the real host: its ingest on its SQLite store. What is asserted is
 * what a terminal sees (the acknowledgement, byte for byte, or silence) and what a reader of the tally
 * sees (how many ratings are counted).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Ingest } from '../../host/ingest/ingest.js';
import type { UnixHour, UnixMs } from '../../host/instant.js';
import { openStore, type SqliteStore } from '../../host/store/sqlite/store.js';
import { parseTerminal } from '../../protocol/topic.js';
import { bytes, hex, load } from './vectors.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

type Step = { topic: string; hex: string; reply?: string; error?: string; rated: number };
type Exchange = { name: string; keys: Record<string, string>; steps: Step[] };

const exchanges = load<Exchange>('exchange');
const NOW = Date.UTC(2026, 0, 5, 3, 0, 0) as UnixMs;

let folder: string;
let store: SqliteStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exchange-'));
  store = openStore(folder);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function register(keys: Record<string, string>): Promise<void> {
  const terminals = Object.entries(keys).map(([id, key]) => ({ id: parseTerminal(id)!, key: bytes(key) }));
  await store.changeRegistry({ title: null, places: [], terminals, assignments: [] });
}

async function rated(): Promise<number> {
  const rows = await store.tallies({ from: 0 as UnixHour, to: 1_000_000 as UnixHour });
  return rows.filter((row) => row.scale > 0).reduce((sum, row) => sum + row.count, 0);
}

const receivedOf = (steps: readonly Step[]) =>
  steps.map((step, i) => ({
    topic: step.topic,
    payload: bytes(step.hex),
    receivedAt: (NOW + i * 1000) as UnixMs,
  }));

describe('exchange.json', () => {
  test.each(exchanges)('$name', async ({ keys, steps }) => {
    await register(keys);
    const ingest = new Ingest({ store });
    for (const [i, received] of receivedOf(steps).entries()) {
      const step = steps[i]!;
      const receipt = await ingest.receive([received]);
      expect(receipt.replies.map((reply) => hex(reply.payload))).toEqual(step.reply ? [step.reply] : []);
      for (const reply of receipt.replies) expect(reply.topic).toBe(step.topic.replace(/up$/, 'down'));
      if (step.error) expect(receipt.outcomes).toEqual([{ kind: 'rejected', reason: step.error }]);
      expect(await rated()).toBe(step.rated);
    }
  });

  test.each(exchanges)('$name: all in one group', async ({ keys, steps }) => {
    await register(keys);
    const receipt = await new Ingest({ store }).receive(receivedOf(steps));
    const answers = steps.flatMap((step) => step.reply ?? []);
    expect(receipt.replies.map((reply) => hex(reply.payload))).toEqual(answers);
    expect(await rated()).toBe(steps.at(-1)!.rated);
  });

  test.each(exchanges)('$name: played again from the start, nothing more is counted', async (exchange) => {
    await register(exchange.keys);
    const ingest = new Ingest({ store });
    for (const received of receivedOf(exchange.steps)) await ingest.receive([received]);
    const once = await rated();
    for (const received of receivedOf(exchange.steps)) await ingest.receive([received]);
    expect(await rated()).toBe(once);
  });
});
