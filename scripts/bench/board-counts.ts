/**
 * Instructions that an image executes on the emulated chip, counted one by one in QEMU's own trace: counts
 * are the same on every machine, which times are not. Time in the emulator is made of instructions too
 * (`-icount shift=0`: one a nanosecond), so that being traced slows nothing down that the image could see.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Emulator } from '../emulate/emulator.js';
import { symbolsOf } from '../emulate/symbols.js';

export type Counts = {
  /** A tick that finds nothing to do, and one that also samples the buttons. */
  readonly idle: number;
  readonly idleMost: number;
  /** From the start of the tick that takes a press to the card's word that it is durable. */
  readonly pressToLogged: number;
  /** Bytes of stack that were ever written since power-on, interrupts included. */
  readonly stackBytes: number;
};

export type CountOptions = {
  readonly image: string;
  /** Provisioned, without a lock-out. */
  readonly card: string;
  readonly mqttPort: number;
  /** A file that may be written. */
  readonly trace: string;
};

const STACK_PAINT = 0xc5c5c5c5;
const LIGHT_ONLINE = 1 << 9;
const DEADLINE_MS = 60_000;
/** Online, acknowledged or waiting for it, and the greeting drawn. */
const SETTLED_MS = 3000;
/** The thank-you stays 2.5 s; then the prompt is drawn again. */
const THANKED_MS = 4000;
const IDLE_TICKS_MIN = 20;

export async function countInstructions(options: CountOptions): Promise<Counts> {
  const { image, card, mqttPort, trace } = options;
  const symbols = symbolsOf(image);
  const more = ['-icount', 'shift=0', '-D', trace];
  const emulator = await Emulator.start({ image, card, mqttHost: '127.0.0.1', mqttPort, more });
  const word = async (name: string) => (await emulator.words(symbols.get(name)!, 1))[0]!;
  const reach = async (what: string, reached: () => Promise<boolean>) => {
    const end = performance.now() + DEADLINE_MS;
    while (!(await reached())) {
      if (performance.now() > end) throw new Error(`the board does not come to ${what}`);
      await pause(20);
    }
  };
  const lit = async (mask: number) => ((await word('pins_lit')) & mask) === mask;
  const later = async (ms: number) => {
    const until = (await word('millis')) + ms;
    await reach('a later time', async () => (await word('millis')) >= until);
  };
  const deepestStack = async () => {
    const [from, to] = [symbols.get('stack_end')!, symbols.get('stack_start')!];
    const words = await emulator.words(from, (to - from) / 4);
    return to - from - words.findIndex((one) => one !== STACK_PAINT) * 4;
  };
  let stackBytes = 0;
  const press = async (button: number) => {
    await emulator.hold(button);
    await reach('the thank-you', () => lit(1 << button));
    await emulator.release(button);
  };
  try {
    await reach('the broker', () => lit(LIGHT_ONLINE));
    await later(SETTLED_MS);
    // The first press after power-on opens a block of the log: the next is like all others.
    await press(1);
    await later(THANKED_MS);
    await emulator.trace(true);
    await later(IDLE_TICKS_MIN);
    await press(2);
    await emulator.trace(false);
    stackBytes = await deepestStack();
  } finally {
    await emulator.kill();
  }
  return { ...evaluate(countersOf(trace), symbols), stackBytes };
}

/** The program counter of every instruction, in order. */
function countersOf(trace: string): number[] {
  const text = readFileSync(trace, 'latin1');
  return Array.from(text.matchAll(/^Trace \d+: \S+ \[\w+\/(\w+)\//gm), (match) =>
    Number.parseInt(match[1]!, 16),
  );
}

function evaluate(all: readonly number[], symbols: Map<string, number>): Omit<Counts, 'stackBytes'> {
  const interrupt = symbols.get('systick_handler')!;
  const behind = Math.min(...[...symbols.values()].filter((address) => address > interrupt));
  const counters = all.filter((counter) => counter < interrupt || counter >= behind);
  const tick = symbols.get('runtime_tick')!;
  const starts = counters.flatMap((counter, i) => (counter === tick ? [i] : []));
  const [first] = starts;
  if (first === undefined) throw new Error('the trace has no tick in it');
  // What called it comes right before it, and what it returns to right behind.
  const returned = counters[first - 1]! + 4;
  const write = counters.indexOf(symbols.get('card_write')!);
  const flush = counters.indexOf(symbols.get('card_flush')!, write);
  const taking = starts.findLast((start) => start < write);
  if (write < 0 || flush < 0 || taking === undefined) throw new Error('the trace has no press in it');
  const idle = starts
    .filter((start) => start < taking)
    .map((start) => counters.indexOf(returned, start) - start)
    .filter((count) => count > 0);
  // The flush returns to behind its call, too.
  const logged = counters.indexOf(counters[flush - 1]! + 4, flush);
  return { idle: Math.min(...idle), idleMost: Math.max(...idle), pressToLogged: logged - taking };
}
