import { describe, expect, it } from 'vitest';
import { addDays, type Day, parseDay, Zone } from '../../host/zone.js';
import { unix } from './terminal.js';

describe('days of a zone', () => {
  const hanoi = new Zone('Asia/Ho_Chi_Minh');

  it('begin at midnight there', () => {
    expect(hanoi.startOf('2026-03-01' as Day)).toBe(unix('2026-02-28T17:00:00Z'));
    expect(hanoi.dayOf(unix('2026-02-28T16:59:59.999Z'))).toBe('2026-02-28');
    expect(hanoi.dayOf(unix('2026-02-28T17:00:00Z'))).toBe('2026-03-01');
    const { from, to } = hanoi.hoursOf({ from: '2026-03-01' as Day, to: '2026-03-02' as Day });
    expect(to - from).toBe(48);
  });

  it('have 23 and 25 hours where clocks change', () => {
    const berlin = new Zone('Europe/Berlin');
    const hoursOn = (day: string) => {
      const { from, to } = berlin.hoursOf({ from: day as Day, to: day as Day });
      return to - from;
    };
    expect([hoursOn('2026-03-29'), hoursOn('2026-10-25'), hoursOn('2026-06-01')]).toEqual([23, 25, 24]);
  });

  it.each(['Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
    'refuses %s, off by part of an hour',
    (name) => {
      expect(() => new Zone(name)).toThrow(expect.objectContaining({ code: 'zone_part_hour' }));
    },
  );

  it('refuses a zone that does not exist', () => {
    expect(() => new Zone('Asia/Nowhere')).toThrow(expect.objectContaining({ code: 'zone_unknown' }));
  });

  it.each(['2026-02-29', '2026-13-01', '2026-1-01', '20260101', '', '2026-01-01T00:00Z'])(
    'knows %j is no day',
    (text) => {
      expect(parseDay(text)).toBeNull();
    },
  );

  it('adds days across months', () => {
    expect(addDays(parseDay('2028-02-28')!, 2)).toBe('2028-03-01');
  });
});
