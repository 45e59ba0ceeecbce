/**
 * A schedule: everything that will go wrong, and every finger, drawn from one seed before the world
 * starts. It is plain data, so that a failing one can be cut down and run again. What only execution
 * can decide (which message is lost, where a write tears) the world draws from the same seed.
 */
import { Random } from '../protocol/random.js';
import type { Refusals } from './storage.js';
import { drawWeather, type Weather } from './weather.js';

export type TerminalPlan = {
  readonly levels: number;
  readonly lockoutMs: number;
  readonly blocks: number;
  /** Error of its oscillator, parts in a million. */
  readonly ppm: number;
  /** Its millisecond counter at power-on: near 2^32 it soon wraps. */
  readonly startMs: number;
};

export type Press = {
  readonly at: number;
  readonly terminal: number;
  readonly button: number;
  readonly heldMs: number;
  readonly bounceMs: number;
};

/**
 * Where the power goes: at once, before the nth board call, or at the nth place in storage, each call
 * being one and the inside of each write another; `tear` bytes of that write are then done.
 */
export type Cut =
  | { readonly where: 'now' }
  | { readonly where: 'call'; readonly calls: number }
  | { readonly where: 'storage'; readonly calls: number; readonly tear?: number };

/**
 * When the host dies with a group in hand; `inside` at the nth place in its dealings with the database,
 * each call being one and the moment before acknowledgements leave another.
 */
export type Crash =
  | { readonly when: 'idle' | 'before' | 'after' | 'partly' | 'replied' }
  | { readonly when: 'inside'; readonly calls: number };

export type Fault = { readonly at: number } & (
  | { readonly kind: 'power'; readonly terminal: number; readonly cut: Cut; readonly offMs: number }
  | { readonly kind: 'line'; readonly terminal: number; readonly halfOpen: boolean; readonly forMs: number }
  | { readonly kind: 'broker'; readonly forMs: number }
  | { readonly kind: 'partition'; readonly forMs: number }
  | { readonly kind: 'host'; readonly host: number; readonly crash: Crash; readonly downMs: number }
  | { readonly kind: 'decay'; readonly terminal: number; readonly pick: number }
  | { readonly kind: 'refusals'; readonly terminal: number; readonly forMs: number; readonly rate: Refusals }
  | { readonly kind: 'replace'; readonly terminal: number }
);

/** Decay of one copy of a block that has two costs nothing; any decay costs at most what is declared. */
export type Decay = 'none' | 'single' | 'any';

export type Schedule = {
  readonly seed: number;
  readonly endMs: number;
  readonly terminals: readonly TerminalPlan[];
  readonly hosts: number;
  readonly weather: Weather;
  readonly decay: Decay;
  readonly presses: readonly Press[];
  readonly faults: readonly Fault[];
};

export type ScheduleOptions = { readonly seed: number; readonly terminals: number; readonly days: number };

const DAY_MS = 86_400_000;
const BLOCKS: readonly number[] = [10, 10, 10, 12, 18, 66];
const SMALL_BLOCKS_MAX = 12;
const WRAP_MS = 0xffff_ffff;

export function drawSchedule({ seed, terminals: count, days }: ScheduleOptions): Schedule {
  const random = new Random(seed);
  const endMs = Math.round(days * DAY_MS);
  const terminals = Array.from({ length: count }, () => drawTerminal(random));
  const decay = random.pick(['none', 'none', 'single', 'any'] as const);
  const hosts = random.below(10) === 0 ? 2 : 1;
  const presses = terminals.flatMap((plan, terminal) => drawPresses(random, plan, terminal, endMs));
  presses.sort((a, b) => a.at - b.at || a.terminal - b.terminal);
  const faults = [
    ...drawPower(random, presses, count, endMs),
    ...drawLines(random, terminals, endMs),
    ...drawMiddle(random, presses, hosts, endMs),
    ...drawStorage(random, presses, count, endMs, decay),
  ].sort((a, b) => a.at - b.at);
  return { seed, endMs, terminals, hosts, weather: drawWeather(random), decay, presses, faults };
}

function drawTerminal(random: Random): TerminalPlan {
  return {
    levels: 2 + random.below(4),
    lockoutMs: 3000 + random.below(4000),
    blocks: random.pick(BLOCKS),
    ppm: random.below(401) - 200,
    startMs: random.below(4) === 0 ? WRAP_MS - random.below(60_000) : random.below(1000),
  };
}

/** Visitors come in groups; some are impatient, some lean on a button, some use both hands. */
function drawPresses(random: Random, plan: TerminalPlan, terminal: number, endMs: number): Press[] {
  const presses: Press[] = [];
  const wanted = random.below(12) === 0 ? 450 : 10 + random.below(50);
  while (presses.length < wanted) {
    let at = random.below(endMs);
    for (let group = 1 + random.below(wanted > 100 ? 150 : 12); group > 0; group--) {
      const stuck = random.below(60) === 0;
      presses.push({
        at,
        terminal,
        button: random.below(plan.levels + (random.below(20) === 0 ? 3 : 0)) % 8,
        heldMs: stuck ? random.below(1_800_000) : 45 + random.below(300),
        bounceMs: random.below(3) === 0 ? random.below(25) : 0,
      });
      const impatient = random.below(8) === 0;
      at += impatient ? random.below(3000) : plan.lockoutMs + 400 + random.below(wanted > 100 ? 400 : 9000);
    }
  }
  return presses.filter((press) => press.at < endMs);
}

/** Half of the power cuts aim at a press: that is where storage is written. */
function drawPower(random: Random, presses: readonly Press[], terminals: number, endMs: number): Fault[] {
  const few = random.below(3) === 0 ? 0 : random.below(8 * terminals);
  return Array.from({ length: few }, () => {
    const press = presses.length > 0 && random.below(2) === 0 ? random.pick(presses) : null;
    const at = press === null ? random.below(endMs) : Math.max(0, press.at - 3);
    const cut: Cut =
      press !== null
        ? { where: 'storage', calls: 1 + random.below(6) }
        : random.pick<Cut>([
            { where: 'now' },
            { where: 'call', calls: 1 + random.below(200) },
            { where: 'storage', calls: 1 + random.below(40) },
          ]);
    const terminal = press?.terminal ?? random.below(terminals);
    return { kind: 'power', at, terminal, cut, offMs: drawPause(random) };
  });
}

function drawLines(random: Random, terminals: readonly TerminalPlan[], endMs: number): Fault[] {
  const faults: Fault[] = Array.from({ length: random.below(5 * terminals.length) }, () => ({
    kind: 'line',
    at: random.below(endMs),
    terminal: random.below(terminals.length),
    halfOpen: random.below(3) === 0,
    forMs: drawPause(random),
  }));
  // A siege: out of reach for so long that a small log fills up.
  for (const [terminal, { blocks }] of terminals.entries()) {
    if (blocks > SMALL_BLOCKS_MAX || random.below(2) === 0) continue;
    const at = random.below(endMs);
    faults.push({ kind: 'line', at, terminal, halfOpen: false, forMs: random.below(endMs) });
    for (let cuts = random.below(14); cuts > 0; cuts--) {
      const cut: Cut = { where: 'storage', calls: 1 + random.below(9) };
      faults.push({
        kind: 'power',
        at: at + random.below(endMs - at),
        terminal,
        cut,
        offMs: drawPause(random),
      });
    }
  }
  return faults;
}

/** Broker and host. */
function drawMiddle(random: Random, presses: readonly Press[], hosts: number, endMs: number): Fault[] {
  const faults: Fault[] = [];
  const at = () => random.below(endMs);
  for (let i = random.below(4); i > 0; i--)
    faults.push({ kind: 'broker', at: at(), forMs: drawPause(random) });
  for (let i = random.below(4); i > 0; i--) {
    faults.push({ kind: 'partition', at: at(), forMs: drawPause(random) });
  }
  for (let i = random.below(16); i > 0; i--) {
    const when = random.pick(['idle', 'before', 'inside', 'inside', 'after', 'partly', 'replied'] as const);
    // Another host keeps its files open: only one that is alone can be killed in mid-transaction.
    const crash: Crash =
      when !== 'inside' ? { when } : hosts > 1 ? { when: 'before' } : { when, calls: 1 + random.below(40) };
    // Where there is something to commit: shortly before or behind a press.
    const near = presses.length > 0 ? random.pick(presses).at + random.below(400) : at();
    faults.push({ kind: 'host', at: near, host: random.below(hosts), crash, downMs: drawPause(random) });
  }
  return faults;
}

function drawStorage(
  random: Random,
  presses: readonly Press[],
  terminals: number,
  endMs: number,
  decay: Decay,
): Fault[] {
  const faults: Fault[] = [];
  const decays = decay === 'none' ? 0 : 1 + random.below(decay === 'single' ? 12 : 6);
  for (let i = 0; i < decays; i++) {
    faults.push({
      kind: 'decay',
      at: random.below(endMs),
      terminal: random.below(terminals),
      pick: random.below(1 << 20),
    });
  }
  if (random.below(4) === 0) {
    for (let i = random.below(4); i >= 0; i--) {
      const press = presses.length > 0 ? random.pick(presses) : null;
      const rate = () => (random.below(3) === 0 ? 0 : random.below(600));
      faults.push({
        kind: 'refusals',
        at: press === null ? random.below(endMs) : Math.max(0, press.at - random.below(20_000)),
        terminal: press?.terminal ?? random.below(terminals),
        forMs: random.below(random.pick([120_000, 20_000_000])),
        rate: { read: rate(), write: rate(), flush: rate() },
      });
    }
  }
  if (random.below(8) === 0) {
    faults.push({ kind: 'replace', at: random.below(endMs), terminal: random.below(terminals) });
  }
  return faults;
}

/** From a blink to most of a day. */
function drawPause(random: Random): number {
  const scale = random.pick([500, 5_000, 60_000, 600_000, 7_200_000, 50_000_000]);
  return 50 + random.below(scale);
}
