/** The event log through power cuts, full storage, decay and rebirth; LOG.md says what must hold. */
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { Rig, SETTINGS } from './rig.js';

const SECTOR = 512;

/** Presses `count` ratings of cycling levels while the cable is out. */
function pressOffline(rig: Rig, count: number): number[] {
  rig.link.plugged = false;
  return Array.from({ length: count }, (_, i) => {
    rig.press(i % 5);
    return (i % 5) + 1;
  });
}

function goOnlineAndDrain(rig: Rig): void {
  rig.link.plugged = true;
  rig.run(120_000);
}

const quick = { settings: { lockoutMs: 0 } };

describe('the log', () => {
  it('keeps ratings over restarts and sends them in order, each once', () => {
    const rig = new Rig(quick);
    const pressed = [...pressOffline(rig, 70)];
    rig.restart();
    pressed.push(...pressOffline(rig, 30));
    goOnlineAndDrain(rig);
    expect(rig.ratings()).toEqual(pressed);
    expect([...rig.events().keys()]).toEqual(Array.from({ length: rig.events().size }, (_, i) => i + 1));
    expect(new Set(rig.batches().map((batch) => batch.log)).size).toBe(1);
    expect(rig.batches().at(-1)?.boot).toBe(2);
  });

  it('after a restart sends again what was acknowledged but not yet noted, and nothing older', () => {
    const rig = new Rig(quick);
    rig.goOnline();
    for (let i = 0; i < 10; i++) {
      rig.press(4);
      rig.run(50);
    }
    rig.frames.length = 0;
    rig.restart();
    goOnlineAndDrain(rig);
    expect(rig.batches()[0]!.first).toBeGreaterThan(10);
  });

  it('wraps around: many laps of the ring, every rating once', () => {
    const rig = new Rig({ ...quick, blocks: 10 });
    rig.goOnline();
    const pressed: number[] = [];
    for (let i = 0; i < 1500; i++) {
      rig.press(i % 5);
      pressed.push((i % 5) + 1);
      if (i % 400 === 399) rig.restart();
      rig.run(20);
    }
    goOnlineAndDrain(rig);
    expect(rig.ratings()).toEqual(pressed);
  });

  it('tells the running totals, over restarts', () => {
    const rig = new Rig(quick);
    pressOffline(rig, 12);
    rig.restart();
    goOnlineAndDrain(rig);
    const totals = [...rig.events().values()].filter((event) => event.kind === 'totals');
    expect(totals.map((event) => event.totals)).toEqual([
      [0, 0, 0, 0, 0, 0],
      [3, 3, 2, 2, 2, 0],
    ]);
  });
});

describe('a full log', () => {
  const small = { ...quick, blocks: 2 + 2 * 4 };

  it('goes on counting, over a restart, and declares the hole when there is room again', () => {
    const rig = new Rig(small);
    pressOffline(rig, 400);
    rig.restart();
    pressOffline(rig, 50);
    goOnlineAndDrain(rig);
    rig.press(4);
    rig.run(500);
    const overflow = [...rig.events().values()].filter((event) => event.kind === 'overflow');
    expect(overflow).toHaveLength(1);
    const counted = overflow[0]!.totals.reduce((sum, count) => sum + count, 0);
    expect(rig.ratings().length + counted).toBe(451);
    expect(counted).toBeGreaterThan(50);
    expect(overflow[0]!.lost).toBe(counted + 1); // and the boot event of the second start
    rig.skip(3_600_000);
    rig.run(100);
    const totals = [...rig.events().values()].filter((event) => event.kind === 'totals').at(-1)!;
    expect(totals.totals.slice(0, 5).reduce((sum, count) => sum + count, 0)).toBe(451);
  });

  it('does not send the overflow event while it may still grow', () => {
    const rig = new Rig(small);
    rig.acknowledges = false;
    rig.goOnline();
    for (let i = 0; i < 400; i++) rig.press(0);
    rig.run(400_000);
    expect([...rig.events().values()].some((event) => event.kind === 'overflow')).toBe(false);
  });

  it('closed and sent, then cut off before any further event, it does not grow again', () => {
    const rig = new Rig(small);
    pressOffline(rig, 400);
    goOnlineAndDrain(rig);
    const before = rig.committed;
    rig.restart();
    pressOffline(rig, 20);
    goOnlineAndDrain(rig);
    const overflow = [...rig.events().values()].filter((event) => event.kind === 'overflow');
    const counted = overflow.flatMap((event) => event.totals).reduce((sum, count) => sum + count, 0);
    expect(rig.ratings().length + counted).toBe(420);
    expect(rig.committed).toBeGreaterThan(before + 20);
  });
});

describe('power cut', () => {
  /** Tears the write number `at` after `bytes` bytes, then the power is gone. */
  function cutAt(at: number, bytes: number) {
    const rig = new Rig(quick);
    rig.link.plugged = false;
    let thanked = 0;
    let writes = 0;
    const write = rig.storage.write.bind(rig.storage);
    rig.storage.write = (block, from) => {
      if (++writes !== at) return write(block, from);
      rig.storage.bytes.set(from.subarray(0, bytes), block * SECTOR);
      throw new Error('power cut');
    };
    try {
      for (let i = 0; i < 90; i++) {
        rig.press(2);
        thanked++;
      }
    } catch {
      // The press under way was not thanked for.
    }
    rig.storage.write = MemoryStorage.prototype.write;
    rig.restart();
    rig.press(4);
    goOnlineAndDrain(rig);
    return { thanked, ratings: rig.ratings() };
  }

  it.each([0, 1, 100, 256, 508, 511, 512])(
    'at every write, %i bytes done: no thanked rating is lost',
    (bytes) => {
      for (let at = 1; at <= 93; at++) {
        const { thanked, ratings } = cutAt(at, bytes);
        const threes = ratings.filter((level) => level === 3).length;
        expect(ratings.at(-1)).toBe(5);
        expect(threes).toBeGreaterThanOrEqual(thanked);
        expect(threes).toBeLessThanOrEqual(thanked + 1);
      }
    },
  );
});

describe('decay', () => {
  /** Storage blocks of log block n, in a log that started on blank storage. */
  const copies = (n: number, pairs: number) => [0, 1].map((copy) => 2 + 2 * (n % pairs) + copy);
  const flip = (rig: Rig, block: number) => {
    rig.storage.bytes[block * SECTOR + 200]! ^= 0x10;
  };

  it('of one copy costs nothing', () => {
    const rig = new Rig(quick);
    const pressed = pressOffline(rig, 200);
    flip(rig, copies(2, 31)[0]!);
    rig.restart();
    goOnlineAndDrain(rig);
    expect(rig.ratings()).toEqual(pressed);
  });

  it.each([0, 1])('of copy %i of the newest block, sent or not, costs nothing', (copy) => {
    const rig = new Rig(quick);
    const pressed = pressOffline(rig, 80 + copy);
    flip(rig, copies(2, 31)[copy]!);
    rig.restart();
    goOnlineAndDrain(rig);
    expect(rig.ratings()).toEqual(pressed);
    expect(rig.messages().filter(({ kind }) => kind === 'gap')).toEqual([]);
  });

  it('of both copies of a block is declared as a gap, and the rest arrives', () => {
    const rig = new Rig(quick);
    pressOffline(rig, 200);
    for (const block of copies(2, 31)) flip(rig, block);
    rig.restart();
    goOnlineAndDrain(rig);
    const gaps = rig.messages().filter((message) => message.kind === 'gap');
    expect(gaps.length).toBeGreaterThan(0);
    const { from, to } = gaps[0]!;
    expect(rig.ratings().length).toBe(200 - (to - from + 1));
    expect(rig.committed).toBe(rig.batches().at(-1)!.first + rig.batches().at(-1)!.events.length - 1);
  });

  it('of the newest block after it was sent: its numbers are not used again', () => {
    const rig = new Rig(quick);
    rig.goOnline();
    for (let i = 0; i < 80; i++) {
      rig.press(1);
      rig.run(30);
    }
    const committed = rig.committed;
    for (const block of copies(2, 31)) flip(rig, block);
    rig.restart();
    const pressed = pressOffline(rig, 5);
    goOnlineAndDrain(rig);
    const fresh = [...rig.events().entries()].filter(([seq, e]) => seq > committed && e.kind === 'rating');
    expect(fresh).toHaveLength(pressed.length);
  });

  it('of everything starts a new log with its own id', () => {
    const rig = new Rig(quick);
    rig.goOnline();
    rig.press(0);
    rig.run(100);
    const former = rig.batches()[0]!.log;
    rig.storage.bytes.fill(0xa5, 2 * SECTOR);
    rig.entropyByte = 0x77;
    rig.committed = 0;
    rig.restart();
    rig.frames.length = 0;
    goOnlineAndDrain(rig);
    expect(rig.batches()[0]).toMatchObject({ first: 1, boot: 1 });
    expect(rig.batches()[0]!.log).not.toBe(former);
  });

  it('of the newest two blocks: the numbers of both are left out', () => {
    const rig = new Rig(quick);
    rig.goOnline();
    for (let i = 0; i < 150; i++) {
      rig.press(1);
      rig.run(30);
    }
    const committed = rig.committed;
    for (const block of [...copies(2, 31), ...copies(3, 31)]) flip(rig, block);
    rig.restart();
    pressOffline(rig, 5);
    goOnlineAndDrain(rig);
    const fresh = [...rig.events().entries()].filter(([seq, e]) => seq > committed && e.kind === 'rating');
    expect(fresh).toHaveLength(5);
  });

  it('that comes and goes is no decay: what a second look finds is used', () => {
    const rig = new Rig({ ...quick, expectFailure: true });
    rig.goOnline();
    for (let i = 0; i < 80; i++) {
      rig.press(1);
      rig.run(30);
    }
    const committed = rig.committed;
    const read = rig.storage.read.bind(rig.storage);
    const newest = copies(2, 31);
    let failures = 2 * 4; // both copies, every attempt of the scan
    rig.storage.read = (block, into) => (newest.includes(block) && failures-- > 0 ? -1 : read(block, into));
    rig.restart();
    rig.run(6000);
    pressOffline(rig, 5);
    goOnlineAndDrain(rig);
    expect(rig.messages().filter(({ kind }) => kind === 'gap')).toEqual([]);
    expect(rig.ratings()).toHaveLength(85);
    expect(rig.committed).toBe(committed + 2 + 5);
  });

  it('is not what a new card full of garbage has: it is made blank once', () => {
    const storage = new MemoryStorage(64);
    for (let i = 0; i < storage.bytes.length; i++) storage.bytes[i] = (i * 73) >> 3;
    provision(storage, { ...SETTINGS, lockoutMs: 0 });
    const rig = new Rig({ storage });
    rig.goOnline();
    rig.press(3);
    rig.restart();
    rig.press(4);
    rig.run(5000);
    expect(rig.ratings()).toEqual([4, 5]);
    expect(rig.messages().filter(({ kind }) => kind === 'gap')).toEqual([]);
    expect(rig.committed).toBe(6);
  });

  it('storage that comes from another terminal is not sent under this one', () => {
    const rig = new Rig(quick);
    pressOffline(rig, 30);
    provision(rig.storage, { ...SETTINGS, terminal: 0x0000b002 });
    rig.entropyByte = 0x31;
    rig.restart();
    rig.link.plugged = true;
    rig.run(3000);
    expect(rig.published.filter(({ topic }) => topic.includes('0000a001'))).toEqual([]);
    expect(rig.published.some(({ topic }) => topic === 'hailong/v1/2/0000b002/up')).toBe(true);
  });
});
