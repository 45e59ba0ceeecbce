/**
 * The crowd: when fingers come down on a virtual terminal, and on which face. Seeded by seed, terminal
 * and day, so the same seed makes the same crowd whatever else happens. Offices work Monday to Friday,
 * 7:30 to 11:30 and 13:30 to 17:00, busiest in the middle of the morning.
 */
import { createHash } from 'node:crypto';
import type { Day } from '../../host/zone.js';
import type { VirtualTerminalPlan } from './district.js';

/** A finger on button `button`, `atMs` after the day's midnight. */
export type Press = { readonly atMs: number; readonly button: number };

const MINUTE_MS = 60_000;
/** Share of a day's visits by half hour, from 7:30. */
const HALF_HOURS: readonly [startMinute: number, weight: number][] = [
  [450, 6],
  [480, 10],
  [510, 12],
  [540, 12],
  [570, 11],
  [600, 9],
  [630, 7],
  [660, 3],
  [810, 4],
  [840, 7],
  [870, 8],
  [900, 7],
  [930, 5],
  [960, 3],
  [990, 1],
];
const WEIGHT = HALF_HOURS.reduce((sum, [, weight]) => sum + weight, 0);
/** Chance that a finger comes down a second time, too soon. */
const TWICE = 0.04;
/** Among the contented: how many press the very best face; among the others: ordinary, bad, very bad. */
const BEST = 0.62;
const ORDINARY = 0.55;
const BAD = 0.8;

/** Numbers in [0, 1) from a seed: splitmix32. */
export function numbersFrom(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The day's presses on a five-level terminal, in order of time. */
export function pressesOf(seed: number, plan: VirtualTerminalPlan, day: Day): Press[] {
  const next = numbersFrom(`${seed} ${plan.id} ${day}`);
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  if (weekday === 0 || weekday === 6) return [];
  const visits = Math.round(plan.ratingsPerDay * (0.7 + 0.6 * next()));
  const presses: Press[] = [];
  for (let i = 0; i < visits; i++) {
    const atMs = instant(next);
    presses.push({ atMs, button: face(next, plan.content) });
    if (next() < TWICE)
      presses.push({ atMs: atMs + 400 + Math.floor(next() * 2000), button: face(next, 0.5) });
  }
  return presses.sort((a, b) => a.atMs - b.atMs);
}

function instant(next: () => number): number {
  let at = next() * WEIGHT;
  for (const [start, weight] of HALF_HOURS) {
    if (at < weight) return Math.floor((start + 30 * (at / weight)) * MINUTE_MS);
    at -= weight;
  }
  return HALF_HOURS[0]![0] * MINUTE_MS;
}

function face(next: () => number, content: number): number {
  const kind = next();
  if (next() < content) return kind < BEST ? 4 : 3;
  if (kind < ORDINARY) return 2;
  return kind < BAD ? 1 : 0;
}
