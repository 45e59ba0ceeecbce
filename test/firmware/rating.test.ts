/** What a citizen's fingers do, and what the terminal makes of it. */
import { describe, expect, it } from 'vitest';
import { LIGHT_FAULT, LIGHT_ONLINE, LIGHT_THANKS, OK } from '../../firmware/boards/board.js';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { Rig, SETTINGS } from './rig.js';

const suppressed = (rig: Rig) =>
  [...rig.events().values()]
    .filter((event) => event.kind === 'suppressed')
    .map(({ reason, count }) => ({ reason, count }));

describe('a press', () => {
  it('becomes a rating of its level, thanked for and sent', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.press(3);
    expect(rig.board.screen.lines[1]).toBe('Cảm ơn bạn!');
    expect(rig.board.screen.lights).toBe(LIGHT_THANKS | LIGHT_ONLINE | (1 << 3));
    rig.run(100);
    expect(rig.ratings()).toEqual([4]);
    expect([...rig.events().values()].map((event) => event.kind)).toEqual(['boot', 'totals', 'rating']);
  });

  it.each([2, 3, 4, 5])('on a scale of %i: every face counts, a button beyond is no face', (levels) => {
    const rig = new Rig({ settings: { levels } });
    rig.goOnline();
    for (let button = 0; button < 8; button++) {
      rig.press(button);
      rig.run(6000);
    }
    expect(rig.ratings()).toEqual(Array.from({ length: levels }, (_, i) => i + 1));
    const scales = [...rig.events().values()].filter((event) => event.kind === 'rating').map((e) => e.scale);
    expect(new Set(scales)).toEqual(new Set([levels]));
  });

  it('is counted once however the contact bounces', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    for (const mask of [1, 0, 1, 0, 0, 1, 1, 0, 1]) rig.hold5ms(mask);
    rig.hold(1, 60);
    for (const mask of [1, 0, 1, 0, 1, 0]) rig.hold5ms(mask);
    rig.run(500);
    expect(rig.ratings()).toEqual([1]);
  });

  it('shorter than the debounce time is none', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    for (let i = 0; i < 20; i++) {
      for (const mask of [1, 1, 1, 0]) rig.hold5ms(mask);
    }
    rig.run(500);
    expect(rig.ratings()).toEqual([]);
  });

  it('held for an hour is one rating', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.board.held = 4;
    rig.run(60_000);
    rig.skip(3_600_000);
    rig.board.held = 0;
    rig.run(100);
    expect(rig.ratings()).toEqual([3]);
  });

  it('on a button that was down at power-on is none, until it has been let go', () => {
    const rig = new Rig();
    rig.board.held = 2;
    rig.restart(0, 2);
    rig.hold(2, 1000);
    rig.run(6000);
    expect(rig.ratings()).toEqual([]);
    rig.press(1);
    rig.run(100);
    expect(rig.ratings()).toEqual([2]);
  });
});

describe('lock-out', () => {
  it('takes no second rating for its time, says so, and counts what it suppressed', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.press(4);
    rig.run(2500);
    rig.press(0);
    expect(rig.board.screen.lines[1]).toBe('Xin chờ giây lát');
    rig.press(0);
    rig.press(1);
    rig.run(6000);
    expect(rig.board.screen.lines[1]).toBe('Mời bạn đánh giá');
    expect(rig.ratings()).toEqual([5]);
    expect(suppressed(rig)).toEqual([{ reason: 1, count: 3 }]);
    rig.press(0);
    rig.run(100);
    expect(rig.ratings()).toEqual([5, 1]);
  });

  it('leaning on the buttons for a minute gives one rating a lock-out and a few small events', () => {
    const rig = new Rig();
    rig.goOnline();
    for (let i = 0; i < 300; i++) rig.press(0);
    rig.run(10_000);
    const presses = rig.ratings().length + suppressed(rig).reduce((sum, { count }) => sum + count, 0);
    expect(presses).toBe(300);
    expect(rig.ratings().length).toBeLessThanOrEqual(7);
    expect(rig.events().size).toBeLessThan(25);
  });

  it('several buttons in one scan are no rating, as which was meant cannot be known', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.hold(0b10001, 60);
    rig.run(6000);
    expect(rig.ratings()).toEqual([]);
    expect(suppressed(rig)).toEqual([{ reason: 2, count: 2 }]);
  });
});

describe('what the citizen reads', () => {
  it('in Vietnamese, and in English when so provisioned', () => {
    const lines = (language: 'vi' | 'en') => {
      const rig = new Rig({ settings: { language } });
      rig.link.plugged = false;
      rig.press(2);
      rig.run(10_000);
      return rig.board.screen.lines;
    };
    expect(lines('vi')).toEqual(['Một cửa Văn Quan', 'Mời bạn đánh giá', 'Ngoại tuyến', 'Chờ gửi: 3']);
    expect(lines('en')).toEqual(['Một cửa Văn Quan', 'How was it today?', 'Offline', 'To send: 3']);
  });

  it('no thank-you for a press that storage did not take', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.storage.write = () => -1;
    rig.press(4);
    expect(rig.board.screen.lines[1]).toBe('Lỗi bộ nhớ, báo kỹ thuật');
    expect(rig.board.screen.lights & (LIGHT_THANKS | LIGHT_FAULT)).toBe(LIGHT_FAULT);
    rig.storage.write = MemoryStorage.prototype.write;
    rig.press(3);
    rig.run(100);
    expect(rig.board.screen.lines[1]).toBe('Cảm ơn bạn!');
    expect(rig.ratings()).toEqual([4]);
  });

  it('a terminal without settings says so and stays harmless', () => {
    const storage = new MemoryStorage(64);
    expect(() => new Rig({ storage })).toThrow('status -5');
    const rig = new Rig({ storage, expectFailure: true });
    rig.run(1000);
    expect(rig.board.screen.lines[1]).toBe('Thiết bị chưa cài đặt');
    expect(rig.board.screen.lights).toBe(LIGHT_FAULT);
    expect(rig.published).toEqual([]);
    provision(storage, SETTINGS);
    rig.run(6000);
    expect(rig.board.screen.lines.slice(0, 3)).toEqual([
      'Một cửa Văn Quan',
      'Mời bạn đánh giá',
      'Trực tuyến',
    ]);
  });

  it('a card that fails at power-on is tried again, and the terminal comes to life with it', () => {
    const rig = new Rig({ expectFailure: true });
    rig.goOnline();
    rig.press(2);
    rig.run(100);
    rig.storage.write = () => -1;
    rig.restart();
    rig.run(12_000);
    expect(rig.board.screen.lines[1]).toBe('Lỗi bộ nhớ, báo kỹ thuật');
    rig.storage.write = MemoryStorage.prototype.write;
    rig.run(6000);
    rig.press(4);
    rig.run(100);
    expect(rig.board.screen.lines[1]).toBe('Cảm ơn bạn!');
    expect(rig.ratings()).toEqual([3, 5]);
  });

  it('a storage too small for a log is a fault, not a loss', () => {
    const rig = new Rig({ blocks: 9, expectFailure: true });
    rig.press(1);
    expect(rig.board.screen.lines[1]).toBe('Lỗi bộ nhớ, báo kỹ thuật');
    expect(rig.published).toEqual([]);
  });
});

describe('settings', () => {
  it('are kept when the power is cut while new ones are written', () => {
    const storage = new MemoryStorage(64);
    provision(storage, SETTINGS);
    const write = storage.write.bind(storage);
    storage.write = (block, from) => {
      const torn = new Uint8Array(512);
      storage.read(block, torn);
      torn.set(from.subarray(0, 100));
      write(block, torn);
      return OK;
    };
    provision(storage, { ...SETTINGS, language: 'en' });
    storage.write = write;
    const rig = new Rig({ storage });
    rig.run(10);
    expect(rig.board.screen.lines[1]).toBe('Mời bạn đánh giá');
    provision(storage, { ...SETTINGS, language: 'en' });
    rig.restart();
    rig.run(10);
    expect(rig.board.screen.lines[1]).toBe('How was it today?');
  });
});
