/**
 * The plug is pulled, again and again: the emulator is killed with SIGKILL at random instants around a
 * press, and at chosen ones inside a write to the card, and started again on the same card. Afterwards
 * the host has every press that was thanked for, once, and just what the card says.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Gdb } from '../../scripts/emulate/gdb.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { Board, Broker, REGISTRY, totalsOnCard } from './bench.js';
import { boardImage, type Image, lacks, RUN_PROGRAMS } from './image.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 180_000 });

const RANDOM_KILLS = 24;
const SEED = 20_251;
/** Up to here after the finger comes down: debounce takes 20 ms, the write follows at once. */
const KILL_WITHIN_MS = 60;

/** Where in a write the plug is pulled: a function of the image, and which of its calls in that write. */
const INSIDE: [what: string, symbol: string, call: number][] = [
  ['before the write', 'card_write', 1],
  ['before the command', 'ssi_send', 1],
  ['before the data', 'ssi_send', 2],
  ['after the data, before the card has answered', 'ssi_byte', 6],
  ['after the write, before the flush', 'card_flush', 1],
  ['in the flush', 'ssi_byte', 10],
  ['after the flush, before the thank-you', 'pins_lights', 1],
];

describe.skipIf(lacks(...RUN_PROGRAMS))('power cuts [needs qemu-system-arm, mosquitto]', () => {
  let image: Image;
  let broker: Broker;
  let board: Board;
  let data: string;
  let debugPort: string;
  const thanked = [0, 0, 0, 0, 0];
  const doubtful = [0, 0, 0, 0, 0];
  let kills = 0;
  let presses = 0;

  beforeAll(async () => {
    image = await boardImage();
    broker = await Broker.start();
    data = temporaryFolder();
    writeFileSync(join(data, 'registry.json'), JSON.stringify(REGISTRY));
    const { code, err } = await Hailong.run('registry', 'load', join(data, 'registry.json'), '--data', data);
    expect(code, err).toBe(0);
    const host = Hailong.start(
      ...['serve', '--data', data, '--host', '127.0.0.1', '--port', '0', '--lang', 'en'],
      ...['--broker', `mqtt://127.0.0.1:${broker.port}`],
    );
    await until('the host', () => host.out.includes('http://') || host.err !== '');
    expect(host.err).toBe('');
    board = Board.make(image, broker.port);
    debugPort = join(temporaryFolder(), 'gdb');
    await board.on(Gdb.options(debugPort));
    await board.untilOnline();
  });

  afterAll(async () => {
    await board?.emulator.kill();
    broker?.kill();
  });

  /** Off, without a word, and on again. */
  async function cut(): Promise<void> {
    await board.emulator.kill();
    kills++;
    await board.on(Gdb.options(debugPort));
    await board.untilReady();
  }

  /** The next face in turn: two presses in a row are never of the same one. */
  const nextButton = () => (presses++ * 2) % 5;

  async function pressAndThank(): Promise<void> {
    const button = nextButton();
    await board.press(button);
    thanked[button]!++;
  }

  it('at random instants around a press', async () => {
    const random = randomFrom(SEED);
    for (let i = 0; i < RANDOM_KILLS; i++) {
      if (i % 4 === 0) await pressAndThank();
      const button = nextButton();
      await board.emulator.hold(button);
      await new Promise((resolve) => setTimeout(resolve, random() * KILL_WITHIN_MS));
      if (await board.lit(1 << button)) thanked[button]!++;
      else doubtful[button]!++;
      await cut();
    }
  });

  it.each(INSIDE)('%s', async (_what, symbol, call) => {
    const button = nextButton();
    const gdb = await Gdb.attach(debugPort);
    await gdb.breakAt(board.symbol('card_write'));
    const stopped = gdb.continue();
    await board.emulator.hold(button);
    await stopped;
    if (symbol !== 'card_write') {
      await gdb.unbreak(board.symbol('card_write'));
      await gdb.breakAt(board.symbol(symbol));
      for (let i = 0; i < call; i++) await gdb.continue();
    }
    doubtful[button]!++;
    await cut();
  });

  it('every thanked press is tallied once, and the tally is what the card says', async () => {
    await pressAndThank();
    expect(kills).toBe(RANDOM_KILLS + INSIDE.length);
    await cut(); // a new boot writes the totals so far at the head of its block
    const totals = totalsOnCard(board.card);
    const all = totals.reduce((sum, count) => sum + count, 0);
    const tallied = () =>
      Hailong.run('tally', '--json', '--data', data).then(({ out }) => JSON.parse(out).total);
    const total = await until(
      `${all} ratings`,
      async () => {
        const now = await tallied();
        return now.rated >= all && now.missing === 0 && now;
      },
      60_000,
    );
    const levels = totals.map(
      (_, i) => total.levels.find(({ level }: { level: number }) => level === i + 1)?.count ?? 0,
    );
    expect(levels).toEqual(totals);
    for (const [i, count] of levels.entries()) {
      expect(count, `level ${i + 1}`).toBeGreaterThanOrEqual(thanked[i]!);
      expect(count, `level ${i + 1}`).toBeLessThanOrEqual(thanked[i]! + doubtful[i]!);
    }
    console.log(`${kills} cuts, ${thanked} thanked, ${doubtful} in doubt, ${levels} tallied`);
  });
});

/** Numerical Recipes' linear congruential generator: repeatable, and good enough for instants. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
