/**
 * The hostile runs as every `npm test` makes them: short, from a fixed seed. RESULTS.md has the long
 * one. The canaries show that a host that forgets, and a terminal that lets go, would be found.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { CommitGroup } from '../../host/store/store.js';
import { DecoderTarget } from './decoder.js';
import { IngestTarget } from './ingest.js';
import { memoryLedger, sqliteLedger } from './ledgers.js';
import { ReceiverTarget } from './receiver.js';
import { runWatched } from './target.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const SEED = 20_260_105;

describe("the host's decoder", () => {
  test('100,000 damaged contents and frames: no throw, nothing taken that nobody sealed', async () => {
    const target = new DecoderTarget(SEED);
    await runWatched(target, 100_000);
    // The damage reaches every part: all ways to be refused, and some are taken.
    for (const answer of ['content batch', 'content ack', 'content wrong_length', 'content out_of_range']) {
      expect(target.counts[answer], answer).toBeGreaterThan(50);
    }
    expect(target.counts['frame bad_tag']).toBeGreaterThan(1000);
  });
});

describe('ingest', () => {
  test('40,000 messages of honest terminals, turncoats and an attacker: exact, and every one answered', async () => {
    const target = new IngestTarget(SEED, 'ingest', memoryLedger());
    await runWatched(target, 40_000);
    await target.finish();
    for (const answer of ['stored', 'duplicate', 'gap', 'refused bad_tag', 'refused wrong_kind']) {
      expect(target.counts[answer], answer).toBeGreaterThan(100);
    }
    expect(target.counts['honest presses counted']).toBeGreaterThan(10_000);
  });

  test('8,000 of them on the real store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hailong-hostile-'));
    try {
      const target = new IngestTarget(SEED, 'store', await sqliteLedger(folder));
      await runWatched(target, 8_000);
      await target.finish();
      expect(target.counts['honest presses counted']).toBeGreaterThan(2_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('canary: a store that forgets what it has counted is found, with the command that replays it', async () => {
    const ledger = memoryLedger();
    const commit = ledger.store.commit.bind(ledger.store);
    ledger.store.commit = async (group: CommitGroup) => {
      const committed = await commit(group);
      ledger.tidy(group.arrivals.map(({ message }) => message.terminal));
      return committed;
    };
    await expect(new IngestTarget(SEED, 'ingest', ledger).run(4_000)).rejects.toThrow(/--target ingest/);
  });

  test('canary: a refusal that is not counted is found', async () => {
    const ledger = memoryLedger();
    const commit = ledger.store.commit.bind(ledger.store);
    let groups = 0;
    ledger.store.commit = (group: CommitGroup) =>
      commit(++groups === 50 ? { ...group, refused: new Map() } : group);
    const target = new IngestTarget(SEED, 'ingest', ledger);
    await target.run(4_000);
    await expect(target.finish()).rejects.toThrow('refused');
  });
});

describe("the terminal's receiver", () => {
  test('40,000 inputs: no trap, nothing let go unacknowledged, every press arrives once', async () => {
    const target = new ReceiverTarget(SEED);
    await runWatched(target, 40_000);
    await target.finish();
    for (const answer of [
      'damaged ack kept',
      'sealed kept',
      'damaged packet kept',
      'damaged packet hung up',
    ]) {
      expect(target.counts[answer], answer).toBeGreaterThan(500);
    }
    expect(target.counts['power cuts']).toBeGreaterThan(5);
    expect(target.counts['frames checked']).toBeGreaterThan(500);
  });

  test('canary: a terminal that lets go at an acknowledgement the oracle does not know is found', async () => {
    const target = new ReceiverTarget(SEED);
    target.victim.line.onSend = () => {};
    await expect(target.run(10_000)).rejects.toThrow(/released\n {2}replay: .*--target receiver/);
  });
});
