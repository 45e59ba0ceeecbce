import { describe, expect, it } from 'vitest';
import { StoreError } from '../../host/errors.js';
import { Ingest, type Received, type RejectReason } from '../../host/ingest/ingest.js';
import { addTerminal, loadRegistry } from '../../host/registry/registry.js';
import { openStore, type SqliteStore } from '../../host/store/sqlite/store.js';
import { Zone } from '../../host/zone.js';
import type { State } from '../../protocol/messages.js';
import { topicOf } from '../../protocol/topic.js';
import { temporaryFolder } from './temporary.js';
import { at, rating, registryOf, seq, TestTerminal, unix } from './terminal.js';

const zone = new Zone('Asia/Ho_Chi_Minh');
const NOW = unix('2026-03-02T02:30:00Z');

async function world() {
  const [a, b] = [new TestTerminal(0xa1), new TestTerminal(0xb2)];
  const store = openStore(temporaryFolder());
  await loadRegistry(store, registryOf([a, b]), zone);
  return { a, b, store, ingest: new Ingest({ store }) };
}

describe('ingest', () => {
  it('acknowledges each batch under the key of its terminal, with the echo of its frame', async () => {
    const { a, b, ingest } = await world();
    const messages = [
      a.received(a.batch(1, [rating(5)]), NOW),
      b.received(b.batch(1, [rating(1), rating(2)]), NOW),
    ];
    const { replies, changedOffices } = await ingest.receive(messages);
    expect(replies.map(({ topic }) => topic)).toEqual([topicOf(a.id, 'down'), topicOf(b.id, 'down')]);
    expect(a.acknowledged(replies[0]!.payload, messages[0]!.payload)).toBe(1);
    expect(b.acknowledged(replies[1]!.payload, messages[1]!.payload)).toBe(2);
    expect(b.acknowledged(replies[0]!.payload, messages[0]!.payload)).toBeNull();
    expect(changedOffices).toEqual(['office-1', 'office-2']);
  });

  it('refuses each kind of stranger with its reason, unanswered, and takes the good one among them', async () => {
    const { a, b, store, ingest } = await world();
    const good = a.received(a.batch(1, [rating(5)]), NOW);
    const stranger = new TestTerminal(0xdead);
    const flipped = Uint8Array.from(good.payload);
    flipped[20]! ^= 1;
    const state: State = { kind: 'state', terminal: a.id, log: a.log, boot: 1, session: 1, online: true };
    const cases: [Received, RejectReason][] = [
      [stranger.received(stranger.batch(1, [rating(5)]), NOW), 'unknown_terminal'],
      [{ ...good, payload: flipped }, 'bad_tag'],
      [{ ...good, payload: b.frame(a.batch(1, [rating(5)])) }, 'bad_tag'],
      [{ ...good, payload: a.frame(b.batch(1, [rating(5)])) }, 'wrong_terminal'],
      [{ ...good, payload: a.frame(a.batch(1, [rating(5)]), 'down') }, 'bad_tag'],
      [{ ...good, payload: a.frame(state) }, 'wrong_kind'],
      [
        a.received({ kind: 'ack', terminal: a.id, log: a.log, committed: seq(1), echo: 1 }, NOW),
        'wrong_kind',
      ],
      [{ ...good, payload: good.payload.subarray(0, 30) }, 'truncated'],
      [{ ...good, payload: new Uint8Array() }, 'truncated'],
      [{ ...good, payload: new Uint8Array(100_000) }, 'too_long'],
      [{ ...good, topic: 'hailong/v1/0/000000a1/up' }, 'bad_topic'],
      [{ ...good, topic: topicOf(a.id, 'down') }, 'bad_topic'],
      [{ ...good, topic: '\u0000'.repeat(60_000) }, 'bad_topic'],
    ];
    const { outcomes, replies } = await ingest.receive([...cases.map(([received]) => received), good]);
    expect(outcomes.slice(0, -1)).toEqual(cases.map(([, reason]) => ({ kind: 'rejected', reason })));
    expect(outcomes.at(-1)).toMatchObject({ kind: 'stored', committed: 1 });
    expect(replies).toHaveLength(1);
    const rows = await store.quarantine(100);
    expect(rows.map(({ reason }) => reason).reverse()).toEqual(cases.map(([, reason]) => reason));
    expect(Math.max(...rows.map(({ payload }) => payload.length))).toBe(1024);
    expect(Math.max(...rows.map(({ topic }) => topic.length))).toBe(128);
  });

  it('keeps sixty refused rows a minute of one source and counts the rest', async () => {
    const { a, b, store, ingest } = await world();
    const bad = (terminal: TestTerminal, receivedAt = NOW): Received => ({
      topic: topicOf(terminal.id, 'up'),
      payload: new Uint8Array(9),
      receivedAt,
    });
    await ingest.receive([...Array.from({ length: 500 }, () => bad(a)), bad(b)]);
    expect(await store.quarantine(1_000)).toHaveLength(61);
    expect(Object.values(await store.refused())).toEqual([501]);
    await ingest.receive([bad(a, at(NOW + 60_000))]);
    expect(await store.quarantine(1_000)).toHaveLength(62);
  });

  it('takes a terminal added, or given a new key, while it runs', async () => {
    const { a, store, ingest } = await world();
    const added = new TestTerminal(0xc3);
    const batch = added.received(added.batch(1, [rating(5)]), NOW);
    expect((await ingest.receive([batch])).outcomes).toMatchObject([{ kind: 'rejected' }]);
    await addTerminal(store, { id: added.id, key: added.key, counter: 'office-1.1', from: NOW }, zone);
    expect((await ingest.receive([batch])).outcomes).toMatchObject([{ kind: 'stored' }]);
    await ingest.receive([a.received(a.batch(1, [rating(5)]), NOW)]);
    const rekeyed = Object.assign(new TestTerminal(0xa1), { key: new Uint8Array(32).fill(9) });
    await addTerminal(
      store,
      { id: a.id, key: rekeyed.key, counter: 'office-1.1', from: unix('2020-01-01') },
      zone,
    );
    const next = rekeyed.received(rekeyed.batch(2, [rating(5)]), NOW);
    expect((await ingest.receive([next])).outcomes).toMatchObject([{ kind: 'stored' }]);
    const old = a.received(a.batch(3, [rating(5)]), NOW);
    expect((await ingest.receive([old])).outcomes).toEqual([{ kind: 'rejected', reason: 'bad_tag' }]);
  });

  it('acknowledges nothing when the commit fails, and counts the same batch when it works again', async () => {
    const { a, store } = await world();
    let failing = true;
    const flaky = new Proxy(store, {
      get(target, name) {
        if (name === 'commit' && failing) {
          return () => Promise.reject(new StoreError('store_failed', { folder: '', reason: 'disk full' }));
        }
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const ingest = new Ingest({ store: flaky });
    const state = (online: boolean) =>
      a.received({ kind: 'state', terminal: a.id, log: a.log, boot: 1, session: 1, online }, NOW, 'state');
    const batch = a.received(a.batch(1, [rating(5)]), NOW);
    await expect(ingest.receive([state(true), batch])).rejects.toMatchObject({ code: 'store_failed' });
    failing = false;
    const { outcomes, presence } = await ingest.receive([batch]);
    expect(outcomes).toMatchObject([{ kind: 'stored', committed: 1 }]);
    expect(presence).toEqual([{ terminal: a.id, online: true, boot: 1 }]);
  });

  it('sets aside a message that makes accounting fail, and commits the others of its group', async () => {
    const { a, b, store } = await world();
    const commit = store.commit.bind(store);
    const poisoned: SqliteStore = Object.assign(store, {
      commit: (group: Parameters<typeof commit>[0]) =>
        group.arrivals.some(({ message }) => message.terminal === a.id)
          ? Promise.reject(new TypeError('planted'))
          : commit(group),
    });
    const ingest = new Ingest({ store: poisoned });
    const { outcomes, replies } = await ingest.receive([
      a.received(a.batch(1, [rating(5)]), NOW),
      b.received(b.batch(1, [rating(5)]), NOW),
    ]);
    expect(outcomes).toMatchObject([{ kind: 'rejected', reason: 'internal_error' }, { kind: 'stored' }]);
    expect(replies).toHaveLength(1);
    expect(await store.refused()).toEqual({ internal_error: 1 });
  });

  it('asks for a fresh key once a group, however many frames of a terminal are bad', async () => {
    const { a, b, store } = await world();
    let asked = 0;
    const keys = store.keys.bind(store);
    Object.assign(store, {
      keys: (terminals: Parameters<typeof keys>[0]) => {
        asked++;
        return keys(terminals);
      },
    });
    const ingest = new Ingest({ store });
    const bad = (terminal: TestTerminal, i: number): Received => {
      const received = terminal.received(terminal.batch(1, [rating(5)]), at(NOW + i));
      return { ...received, payload: received.payload.map((byte, j) => (j === 20 ? byte ^ (1 + i) : byte)) };
    };
    await ingest.receive([bad(a, 1)]);
    asked = 0;
    const group = Array.from({ length: 100 }, (_, i) => bad(i % 2 === 0 ? a : b, i));
    const { outcomes } = await ingest.receive(group);
    expect(outcomes.every((one) => one.kind === 'rejected' && one.reason === 'bad_tag')).toBe(true);
    expect(asked).toBe(3); // b's key the first time, and a fresh one of each
  });

  describe('presence', () => {
    it('believes only the newest session, and an end only of that session', async () => {
      const { a, ingest } = await world();
      const say = async (boot: number, session: number, online: boolean, log = a.log) => {
        const message: State = { kind: 'state', terminal: a.id, log, boot, session, online };
        const { presence, replies } = await ingest.receive([a.received(message, NOW, 'state')]);
        expect(replies).toEqual([]);
        return presence.map((change) => change.online)[0];
      };
      expect(await say(1, 1, true)).toBe(true);
      expect(await say(1, 2, true)).toBeUndefined();
      expect(await say(1, 1, false)).toBeUndefined(); // the late will of the first session
      expect(await say(1, 2, false)).toBe(false);
      expect(await say(1, 2, true)).toBeUndefined(); // a replay
      expect(await say(2, 1, true)).toBe(true);
      expect(await say(1, 9, false)).toBeUndefined();
      expect(await say(1, 1, false, 99 as typeof a.log)).toBeUndefined();
      expect(await say(1, 1, true, 99 as typeof a.log)).toBe(true);
    });

    it('does not believe a state of a former log, whoever plays it back', async () => {
      const { a, store, ingest } = await world();
      const formatted = new TestTerminal(a.id, 99);
      const say = async (who: TestTerminal, boot: number, online: boolean, to = ingest) => {
        const message: State = { kind: 'state', terminal: who.id, log: who.log, boot, session: 1, online };
        const { presence, outcomes } = await to.receive([who.received(message, NOW, 'state')]);
        expect(outcomes).toEqual([{ kind: 'state', terminal: who.id }]);
        return presence.map((change) => change.online)[0];
      };
      await ingest.receive([a.received(a.batch(1, [rating(5)]), NOW)]);
      expect(await say(a, 7, true)).toBe(true);
      expect(await say(formatted, 1, true)).toBe(true);
      expect(await say(a, 7, true)).toBeUndefined(); // played back before the new log has any books
      await ingest.receive([formatted.received(formatted.batch(1, [rating(5)]), at(NOW + 1))]);
      expect(await say(a, 8, true)).toBeUndefined();
      expect(await say(formatted, 1, false)).toBe(false);
      expect(await say(a, 9, true)).toBeUndefined();
      // A host that has just started has only the books to tell.
      const fresh = new Ingest({ store });
      expect(await say(a, 9, true, fresh)).toBeUndefined();
      expect(await say(formatted, 2, true, fresh)).toBe(true);
    });
  });
});
