/** What the image costs in instructions: counts, so they hold on every machine. `npm run bench` compares. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Counts, countInstructions } from '../../scripts/bench/board-counts.js';
import { temporaryFolder } from '../host/temporary.js';
import { Board, Broker } from './bench.js';
import { boardImage, lacks, RUN_PROGRAMS } from './image.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const IDLE_MAX = 300;
/** At 50 MHz a millisecond: of the 20 that a press may take, the rest is the card's. */
const PRESS_TO_LOGGED_MAX = 50_000;

describe.skipIf(lacks(...RUN_PROGRAMS))('instructions [needs qemu-system-arm, mosquitto]', () => {
  let broker: Broker;
  let counts: Counts;

  const count = async () => {
    const image = (await boardImage()).elf;
    const { card } = Board.make(await boardImage(), broker.port);
    return countInstructions({ image, card, mqttPort: broker.port, trace: join(temporaryFolder(), 'trace') });
  };

  beforeAll(async () => {
    broker = await Broker.start();
    counts = await count();
  });

  afterAll(() => broker?.kill());

  it('an idle tick takes at most 300, sampling the buttons included', () => {
    expect(counts.idle).toBeGreaterThan(50);
    expect(counts.idleMost).toBeLessThanOrEqual(IDLE_MAX);
  });

  it('a press is on the card after at most 50,000', () => {
    expect(counts.pressToLogged).toBeGreaterThan(5_000);
    expect(counts.pressToLogged).toBeLessThanOrEqual(PRESS_TO_LOGGED_MAX);
  });

  it('the counts are counts: a second run gives the same', async () => {
    const { stackBytes: _, ...again } = await count(); // interrupts come when they come
    expect(counts).toMatchObject(again);
  });
});
