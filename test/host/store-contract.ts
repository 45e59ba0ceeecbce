/**
 * What every store adapter must do. Batches go through ingest as sealed frames, so the contract is of
 * what a terminal sees and of what a page shows, not of tables.
 */
import { describe, expect, it } from 'vitest';
import { Ingest, type MessageOutcome, type Received } from '../../host/ingest/ingest.js';
import { hourOf, type UnixMs } from '../../host/instant.js';
import { loadRegistry } from '../../host/registry/registry.js';
import type { Store } from '../../host/store/store.js';
import { Zone } from '../../host/zone.js';
import type { Event } from '../../protocol/messages.js';
import { temporaryFolder } from './temporary.js';
import { at, cs, rating, registryOf, seq, suppressed, TestTerminal, totals, unix } from './terminal.js';

const zone = new Zone('Asia/Ho_Chi_Minh');
const EVER = { from: hourOf(unix('2000-01-01T00:00Z')), to: hourOf(unix('2099-01-01T00:00Z')) };
const MORNING = unix('2026-03-02T02:30:00Z');

export function storeContract(name: string, open: (folder: string) => Promise<Store>): void {
  class World {
    readonly terminals = [new TestTerminal(0xa1), new TestTerminal(0xb2)];
    private constructor(
      readonly folder: string,
      public store: Store,
      public ingest: Ingest,
    ) {}

    static async make(): Promise<World> {
      const folder = temporaryFolder();
      const store = await open(folder);
      const world = new World(folder, store, new Ingest({ store }));
      await loadRegistry(store, registryOf(world.terminals), zone);
      return world;
    }

    async reopen(): Promise<void> {
      await this.store.close();
      this.store = await open(this.folder);
      this.ingest = new Ingest({ store: this.store });
    }

    async give(...messages: Received[]): Promise<readonly MessageOutcome[]> {
      const { outcomes, replies } = await this.ingest.receive(messages);
      expect(replies).toHaveLength(
        outcomes.filter(({ kind }) => kind !== 'rejected' && kind !== 'state').length,
      );
      return outcomes;
    }

    async rated(): Promise<number> {
      return (await this.store.tallies(EVER)).reduce(
        (sum, { scale, count }) => sum + (scale > 0 ? count : 0),
        0,
      );
    }

    async kept(): Promise<string[]> {
      return (await this.store.batches(0, 1000)).map(({ batch }) => `${batch.first}-${batch.last}`);
    }

    async books(terminal = this.terminals[0]!) {
      return (await this.store.terminalBooks()).find((book) => book.terminal === terminal.id)!;
    }
  }

  const five = (n: number): Event[] => Array.from({ length: n }, () => rating(5));

  describe(`${name}: exactly once`, () => {
    it('counts a batch once, however often it comes, also after reopening', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const batch = a.received(a.batch(1, five(3)), MORNING);
      expect(await world.give(batch)).toMatchObject([{ kind: 'stored', committed: 3 }]);
      expect(await world.give(batch, batch)).toMatchObject([
        { kind: 'duplicate', committed: 3 },
        { kind: 'duplicate' },
      ]);
      await world.reopen();
      expect(await world.give(batch)).toMatchObject([{ kind: 'duplicate', committed: 3 }]);
      expect(await world.rated()).toBe(3);
      expect(await world.kept()).toEqual(['1-3']);
    });

    it('counts only the new tail of an overlapping batch', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(a.received(a.batch(1, five(3)), MORNING));
      const longer = a.received(a.batch(2, [rating(5), rating(5), rating(1), rating(2)]), MORNING);
      expect(await world.give(longer)).toMatchObject([{ kind: 'stored', committed: 5 }]);
      expect(await world.rated()).toBe(5);
      expect(await world.kept()).toEqual(['1-3', '4-5']);
    });

    it('stores nothing past a hole and says where to resume', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      expect(await world.give(a.received(a.batch(4, five(2)), MORNING))).toMatchObject([
        { kind: 'gap', committed: 0 },
      ]);
      expect(await world.store.terminalBooks()).toEqual([]);
      await world.give(a.received(a.batch(1, five(2)), MORNING));
      expect(await world.give(a.received(a.batch(4, five(2)), MORNING))).toMatchObject([
        { kind: 'gap', committed: 2 },
      ]);
      expect(await world.rated()).toBe(2);
    });

    it('handles repeats, continuations and other terminals within one group', async () => {
      const world = await World.make();
      const [a, b] = world.terminals as [TestTerminal, TestTerminal];
      const first = a.received(a.batch(1, five(2)), MORNING);
      const kinds = await world.give(
        first,
        b.received(b.batch(1, five(1)), MORNING),
        first,
        a.received(a.batch(3, five(2)), MORNING),
        a.received(a.batch(9, five(2)), MORNING),
        a.received(a.batch(4, five(2)), MORNING),
      );
      expect(kinds.map(({ kind }) => kind)).toEqual([
        'stored',
        'stored',
        'duplicate',
        'stored',
        'gap',
        'stored',
      ]);
      expect(await world.rated()).toBe(6);
      expect((await world.books()).committed).toBe(5);
    });

    it('keeps two logs of one terminal apart', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const formatted = new TestTerminal(a.id, 77);
      await world.give(a.received(a.batch(1, five(2)), MORNING));
      await world.give(formatted.received(formatted.batch(1, five(3)), at(MORNING + 1)));
      expect(await world.rated()).toBe(5);
      expect((await world.books()).committed).toBe(3);
    });

    it('is exact with two hosts on one store', async () => {
      const world = await World.make();
      const other = await open(world.folder);
      const ingests = [world.ingest, new Ingest({ store: other })];
      const [a] = world.terminals as [TestTerminal];
      for (let first = 1; first <= 40; first += 2) {
        const batch = a.received(a.batch(first, five(2)), MORNING);
        await Promise.all(ingests.map((ingest) => ingest.receive([batch])));
      }
      expect(await world.rated()).toBe(40);
      expect(await world.kept()).toHaveLength(20);
      await other.close();
    });
  });

  describe(`${name}: books`, () => {
    it("agree with the terminal's own totals, and show by how much when they do not", async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(
        a.received(
          a.batch(1, [rating(5), rating(5), rating(1), suppressed(4), totals(1, 0, 0, 0, 2, 4)]),
          MORNING,
        ),
      );
      expect((await world.books()).difference).toEqual([0, 0, 0, 0, 0, 0]);
      await world.give(a.received(a.batch(6, [rating(5), totals(1, 0, 0, 2, 3, 5)]), MORNING));
      expect((await world.books()).difference).toEqual([0, 0, 0, 2, 0, 1]);
    });

    it('show a difference of a former log too: formatting hides nothing', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(a.received(a.batch(1, [rating(5), totals(0, 0, 0, 0, 4, 0)]), MORNING));
      const formatted = new TestTerminal(a.id, 77);
      await world.give(formatted.received(formatted.batch(1, [rating(5)]), at(MORNING + 1)));
      expect(await world.books()).toMatchObject({ committed: 1, difference: [0, 0, 0, 0, 3, 0] });
      const [log] = (await world.store.logs([a.id])).get(a.id)!;
      expect(log).toBe(formatted.log);
    });

    it('move past a declared gap, once, and remember what was lost', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(a.received(a.batch(1, five(2)), MORNING));
      const gap = (from: number, to: number) =>
        a.received({ kind: 'gap', terminal: a.id, log: a.log, from: seq(from), to: seq(to) }, MORNING);
      expect(await world.give(gap(9, 12))).toMatchObject([{ kind: 'gap', committed: 2 }]);
      expect(await world.give(gap(2, 8), gap(2, 8))).toMatchObject([
        { kind: 'stored', committed: 8 },
        { kind: 'duplicate', committed: 8 },
      ]);
      await world.give(a.received(a.batch(9, five(1)), MORNING));
      expect(await world.books()).toMatchObject({ committed: 9, missing: 6 });
      expect(await world.store.missing(EVER)).toEqual([{ counter: 'office-1.1', missing: 6 }]);
      expect(await world.kept()).toEqual(['1-2', '3-8', '9-9']);
    });

    it('take the counts of a full log into the tally, marked as bounded', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const overflow: Event = {
        delta: 0,
        kind: 'overflow',
        span: 9,
        lost: 12,
        scale: 5,
        totals: [1, 0, 0, 2, 7, 2],
      };
      await world.give(a.received(a.batch(1, [rating(5), overflow, totals(1, 0, 0, 2, 8, 2)]), MORNING));
      expect(await world.rated()).toBe(11);
      const rows = await world.store.tallies(EVER);
      expect(rows.filter(({ quality, scale }) => quality === 'bounded' && scale === 5)).toHaveLength(3);
      expect(rows.find(({ scale }) => scale === 0)).toMatchObject({ count: 2, quality: 'bounded' });
      expect(await world.books()).toMatchObject({ missing: 0, difference: [0, 0, 0, 0, 0, 0] });
    });
  });

  describe(`${name}: time and place`, () => {
    it('puts events into the hour they happened in, from the quickest message of the boot', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const start = unix('2026-03-02T01:00:00Z');
      // 01:59:59 and 02:00:01 by a clock learnt from a message that took no time.
      const base = cs(359_900);
      await world.give(a.received(a.batch(1, [rating(5, 0)], { base, sent: 0 }), at(start + 3_599_000)));
      const late = a.batch(2, [rating(5, 100), rating(5, 100)], { base, sent: 200 });
      await world.give(a.received(late, at(start + 3_601_000 + 7_200_000)));
      const hours = await world.store.hourly(EVER, ['office-1.1']);
      expect(hours.map(({ hour, count }) => [hour - hourOf(start), count])).toEqual([
        [0, 1],
        [1, 2],
      ]);
    });

    it('puts events into their hours across ten days out of reach of a slow oscillator', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const start = unix('2026-03-02T00:00:00Z');
      const uptimeAt = (wallMs: number) => cs(Math.floor(wallMs / 1.0002 / 10)); // 200 ppm
      const hour = 3_600_000;
      const send = async (first: number, events: number[], sentMs: number) => {
        const base = uptimeAt(events[0]!);
        const deltas = events.map((at, i) => uptimeAt(at) - (i === 0 ? base : uptimeAt(events[i - 1]!)));
        const batch = a.batch(
          first,
          deltas.map((delta) => rating(5, delta)),
          { base, sent: uptimeAt(sentMs) - base },
        );
        await world.give(a.received(batch, at(start + sentMs + 90)));
      };
      await send(1, [1_000], 2_000);
      // Ten days later the terminal's own count is 173 s behind: an event 2 s from each end of every hour.
      const away = Array.from({ length: 240 }, (_, i) => (i + 1) * hour).flatMap((t) => [
        t + 2_000,
        t + hour - 2_000,
      ]);
      for (let i = 0; i < away.length; i += 32) {
        await send(2 + i, away.slice(i, i + 32), 242 * hour + i * 100);
      }
      const hours = await world.store.hourly(EVER, ['office-1.1']);
      expect(hours.map(({ hour: at, count }) => [at - hourOf(start), count])).toEqual([
        [0, 1],
        ...Array.from({ length: 240 }, (_, i) => [i + 1, 2]),
      ]);
      expect((await world.store.tallies(EVER)).map(({ quality }) => quality)).toEqual(['exact']);
    });

    it('marks what a message with an impossible uptime brings, and goes on', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const later = (ms: number) => at(MORNING + ms);
      await world.give(a.received(a.batch(1, five(1)), MORNING));
      const wrong = a.batch(2, five(1), { base: cs(1_100), sent: 9_000_000_000 });
      await world.give(a.received(wrong, later(1_000)));
      await world.give(a.received(a.batch(3, five(1), { base: cs(1_200) }), later(2_000)));
      const rows = await world.store.tallies(EVER);
      expect(rows.map(({ quality, count }) => [quality, count]).sort()).toEqual([
        ['bounded', 1],
        ['exact', 2],
      ]);
      expect((await world.store.hourly(EVER, ['office-1.1'])).map(({ hour }) => hour)).toEqual([
        hourOf(MORNING),
      ]);
    });

    it('places a boot that never reached the host before the one that did, and says so', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const running = { boot: 2, uptime: cs(6_000) };
      const first = a.batch(1, [rating(5, 0), rating(4, 360_000)], { base: cs(0), sent: running });
      const second = a.batch(3, [rating(3, 0)], { base: cs(720_000), sent: running });
      await world.give(a.received(first, MORNING), a.received(second, MORNING));
      const rows = await world.store.tallies(EVER);
      expect(rows.map(({ quality }) => quality)).toEqual(['bounded', 'bounded', 'bounded']);
      expect((await world.books()).lastEventAt).toBeLessThanOrEqual(MORNING - 60_000);
      expect((await world.books()).boot).toBe(2);
      await world.give(a.received(a.batch(4, [rating(5)], { boot: 2, base: cs(6_000) }), at(MORNING + 100)));
      expect((await world.store.tallies(EVER)).filter(({ quality }) => quality === 'exact')).toHaveLength(1);
    });

    it('never dates an event after its receipt', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(a.received(a.batch(1, [rating(5, 0), rating(5, 1_000_000)], { sent: 0 }), MORNING));
      expect((await world.books()).lastEventAt).toBe(MORNING);
    });

    it('leaves history where it was when a terminal moves', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      const noon = unix('2026-03-02T05:00:00Z');
      const key = Buffer.from(a.key).toString('hex');
      const moved = { id: a.hex, key, counter: 'office-2.1', from: '2026-03-02T05:00:00Z' };
      await world.give(a.received(a.batch(1, five(2), { sent: 20 }), at(noon - 1_000)));
      await loadRegistry(world.store, { places: [], terminals: [moved] }, zone);
      // One batch that spans the move, and then the old document once more: nothing may change.
      await loadRegistry(world.store, registryOf(world.terminals), zone);
      const spanning = a.batch(3, [rating(5, 0), rating(5, 200)], { base: cs(1020), sent: 200 });
      const { changedOffices } = await world.ingest.receive([a.received(spanning, at(noon + 1_000))]);
      expect([...changedOffices].sort()).toEqual(['office-1', 'office-2']);
      const rows = await world.store.tallies(EVER);
      expect(Object.fromEntries(rows.map(({ counter, count }) => [counter, count]))).toEqual({
        'office-1.1': 3,
        'office-2.1': 1,
      });
      const stays = (await world.store.registry()).assignments.filter(({ terminal }) => terminal === a.id);
      expect(stays.map(({ counter, to }) => [counter, to])).toEqual([
        ['office-1.1', noon],
        ['office-2.1', null],
      ]);
    });

    it('follows a move that another process wrote meanwhile', async () => {
      const world = await World.make();
      const [a] = world.terminals as [TestTerminal];
      await world.give(a.received(a.batch(1, five(1)), MORNING));
      const other = await open(world.folder);
      const key = Buffer.from(a.key).toString('hex');
      const moved = { id: a.hex, key, counter: 'office-2.1', from: '2026-03-02T02:30:01Z' };
      await loadRegistry(other, { places: [], terminals: [moved] }, zone);
      await other.close();
      const later = a.received(a.batch(2, five(1), { base: cs(1_500) }), at(MORNING + 5_000));
      expect((await world.ingest.receive([later])).changedOffices).toEqual(['office-2']);
    });

    it('counts a terminal that stands nowhere under no counter', async () => {
      const world = await World.make();
      const stray = new TestTerminal(0xc3);
      const entry = { id: stray.hex, key: Buffer.from(stray.key).toString('hex') };
      await loadRegistry(world.store, { places: [], terminals: [entry] }, zone);
      await world.give(stray.received(stray.batch(1, five(2)), MORNING));
      expect(await world.store.tallies(EVER)).toMatchObject([{ counter: '', count: 2 }]);
    });
  });

  describe(`${name}: quarantine`, () => {
    it('keeps at most ten thousand rows, the newest, and counts all', async () => {
      const world = await World.make();
      const rows = (from: number, count: number) =>
        Array.from({ length: count }, (_, i) => ({
          receivedAt: at(from + i) as UnixMs,
          topic: 't',
          reason: 'bad_tag',
          payload: new Uint8Array(4),
        }));
      for (let i = 0; i < 3; i++) {
        const refused = new Map([['bad_tag', 4_000]]);
        await world.store.commit({ arrivals: [], quarantine: rows(i * 4_000, 4_000), refused });
      }
      const kept = await world.store.quarantine(20_000);
      expect(kept).toHaveLength(10_000);
      expect(kept[0]!.receivedAt).toBe(11_999);
      expect(kept.at(-1)!.receivedAt).toBe(2_000);
      expect(await world.store.refused()).toEqual({ bad_tag: 12_000 });
    });
  });
}
