/** The clock map against simulated oscillators, networks and faults: what is asked is the error an event gets. */
import { describe, expect, it } from 'vitest';
import { ANCHORS_MAX, driftPpm, observe, type Track, wallAt } from '../../host/ingest/track.js';

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;
const START = Date.UTC(2026, 0, 5, 1, 0, 0);

/** A terminal whose uptime runs off by `driftAt(t)` ppm, and a network with its delays; seeded. */
class World {
  track: Track | null = null;
  trusted = true;
  private wallMs = 0;
  private uptime = 0;
  private state: number;
  constructor(
    readonly driftAt: (wallMs: number) => number,
    seed = 1,
  ) {
    this.state = seed;
  }

  random(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }

  /** Time passes; drift is applied minute by minute. Slow oscillators (positive ppm) count too little. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= MIN) {
      const step = Math.min(left, MIN);
      this.uptime += step / (1 + this.driftAt(this.wallMs) / 1e6);
      this.wallMs += step;
    }
  }

  get now(): number {
    return START + this.wallMs;
  }
  /** As a terminal reports it: whole centiseconds. */
  get uptimeMs(): number {
    return Math.floor(this.uptime / 10) * 10;
  }

  /** A message of a usual delay, about a tenth of a second, seldom a second. */
  send(delayMs = Math.round(-80 * Math.log(1 - this.random())), uptimeMs = this.uptimeMs): void {
    ({ track: this.track, trusted: this.trusted } = observe(
      this.track,
      uptimeMs,
      Math.round(this.now) + delayMs,
    ));
    expect(this.track.anchors.length).toBeLessThanOrEqual(ANCHORS_MAX);
  }

  /** Messages every `everyMs` for `ms`; the greatest error an event a second before sending gets. */
  talk(ms: number, everyMs: number): number {
    let worst = 0;
    for (let at = 0; at < ms; at += everyMs) {
      this.pass(everyMs);
      this.send();
      worst = Math.max(worst, Math.abs(wallAt(this.track!, this.uptimeMs) - this.now));
    }
    return worst;
  }

  /** Events every `everyMs` of an outage; told when it ends by the first message after it. */
  outage(ms: number, everyMs = 7 * MIN): { worst: number; wrongHours: number } {
    const events: [uptime: number, at: number][] = [];
    for (let at = 0; at < ms; at += everyMs) {
      this.pass(everyMs);
      events.push([this.uptimeMs, this.now]);
    }
    this.send();
    const errors = events.map(([uptime, at]) => Math.abs(wallAt(this.track!, uptime) - at));
    const hour = (at: number) => Math.floor(at / H);
    const clear = events.filter(([, at]) => hour(at - S) === hour(at + S));
    const wrongHours = clear.filter(([uptime, at]) => hour(wallAt(this.track!, uptime)) !== hour(at)).length;
    return { worst: Math.max(...errors), wrongHours };
  }
}

describe('the clock map', () => {
  it.each([
    [100, 1],
    [-100, 2],
    [50, 3],
    [500, 4],
    [-500, 5],
    [0, 6],
    [900, 7],
  ])('is right to a second across ten days out of reach at %d ppm', (ppm, seed) => {
    const world = new World(() => ppm, seed);
    expect(world.talk(DAY, 4 * MIN)).toBeLessThan(S);
    const { worst, wrongHours } = world.outage(10 * DAY);
    expect(worst).toBeLessThan(S);
    expect(wrongHours).toBe(0);
    expect(world.talk(2 * DAY, 4 * MIN)).toBeLessThan(S);
    const again = world.outage(30 * DAY);
    expect(again.worst).toBeLessThan(S);
    expect(again.wrongHours).toBe(0);
    expect(driftPpm(world.track!)).toBeCloseTo(ppm, -1);
  });

  it('needs but one message before the outage', () => {
    const world = new World(() => 100);
    world.pass(MIN);
    world.send();
    expect(world.outage(10 * DAY)).toMatchObject({ wrongHours: 0 });
    expect(world.trusted).toBe(true);
  });

  it('stays right for half a year of days, nights and seasons, with outages', () => {
    // 12 ppm between day and night, 20 between seasons.
    const world = new World(
      (t) => 40 + 6 * Math.sin((2 * Math.PI * t) / DAY) + 10 * Math.sin((t / DAY / 182) * Math.PI),
      9,
    );
    for (let week = 0; week < 26; week++) {
      expect(world.talk(5 * DAY, 9 * MIN)).toBeLessThan(S);
      expect(world.outage(2 * DAY, 11 * MIN).worst).toBeLessThan(2 * S);
    }
  });

  it('follows the least delay, and is not moved by the late ones', () => {
    const world = new World(() => 30, 3);
    world.send(4_000);
    world.talk(6 * H, 5 * MIN);
    for (const delay of [5 * S, 5 * MIN, 3 * H]) {
      world.pass(MIN);
      world.send(delay);
      expect(Math.abs(wallAt(world.track!, world.uptimeMs) - world.now)).toBeLessThan(S);
      expect(world.trusted).toBe(true);
    }
  });

  it('forgets a first message that came minutes late', () => {
    const world = new World(() => 0);
    world.pass(MIN);
    world.send(8 * MIN);
    world.pass(MIN);
    world.send(100);
    expect(wallAt(world.track!, world.uptimeMs) - world.now).toBeLessThan(S);
  });

  it('does not believe one wrong uptime, whichever way, nor for good a lasting one', () => {
    const world = new World(() => 20, 4);
    world.talk(DAY, 5 * MIN);
    const error = () => Math.abs(wallAt(world.track!, world.uptimeMs) - world.now);
    world.pass(MIN);
    world.send(50, world.uptimeMs + 9 * DAY);
    expect([world.trusted, error() < S]).toEqual([false, true]);
    world.pass(MIN);
    world.send(50, 2 ** 40 * 10);
    expect([world.trusted, error() < S]).toEqual([false, true]);
    world.pass(MIN);
    world.send(50, 0);
    expect([world.trusted, error() < S]).toEqual([true, true]);
    world.talk(H, 5 * MIN);
    expect(error()).toBeLessThan(S);
    // Seven minutes ahead is within what an anchor may have been late: believed at first, then put right.
    world.pass(MIN);
    world.send(50, world.uptimeMs + 7 * MIN);
    world.talk(2 * H, 5 * MIN);
    expect(error()).toBeLessThan(S);
    expect(world.trusted).toBe(true);
  });

  it('recovers when the very first uptime of a boot was wrong', () => {
    const world = new World(() => 20, 5);
    world.pass(MIN);
    world.send(50, 9 * DAY);
    world.talk(2 * H, 5 * MIN);
    expect(Math.abs(wallAt(world.track!, world.uptimeMs) - world.now)).toBeLessThan(S);
  });

  it("starts anew when the host's clock was wrong and is set", () => {
    const ahead = new World(() => 0, 6);
    for (let i = 0; i < 50; i++) {
      ahead.pass(5 * MIN);
      ahead.send(3 * H); // the host's clock is three hours ahead
    }
    const distrusted = [0, 1, 2, 3].map(() => {
      ahead.pass(5 * MIN);
      ahead.send();
      return !ahead.trusted;
    });
    expect(distrusted).toEqual([true, true, false, false]);
    expect(Math.abs(wallAt(ahead.track!, ahead.uptimeMs) - ahead.now)).toBeLessThan(S);
  });

  it('gives each uptime a later time than the one before', () => {
    const world = new World(() => 250, 8);
    world.talk(DAY, 6 * MIN);
    world.outage(4 * DAY);
    let before = Number.NEGATIVE_INFINITY;
    for (let uptime = 0; uptime < world.uptimeMs + DAY; uptime += 13 * MIN) {
      const at = wallAt(world.track!, uptime);
      expect(at).toBeGreaterThan(before);
      before = at;
    }
  });
});
