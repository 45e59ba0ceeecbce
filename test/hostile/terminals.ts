/**
 * Terminals as a process of their own, to be killed at any instant: the firmware on the Node board,
 * storage in files, TCP to a broker, fingers from a seed. Every press is written to the terminal's
 * journal before the finger goes down (`p`) and again when the terminal has thanked for it (`t`): what
 * a kill leaves without thanks is in doubt, everything else is not. Ends when its input does.
 */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LIGHT_THANKS } from '../../firmware/boards/board.js';
import { loadFirmware, NodeBoard } from '../../firmware/boards/node/board.js';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { TcpLink } from '../../firmware/boards/node/tcp-link.js';
import { packageRoot } from '../../host/package-root.js';
import { Random } from '../protocol/random.js';

const { values } = parseArgs({
  options: {
    /** Where images and journals lie: `<terminal>.img`, `<terminal>.txt`. */
    folder: { type: 'string', default: '.' },
    terminals: { type: 'string', default: '' },
    broker: { type: 'string', default: '1883' },
    seed: { type: 'string', default: '1' },
    /** Reset cause the boards report. */
    cause: { type: 'string', default: '0' },
    /** Nobody presses. */
    quiet: { type: 'boolean', default: false },
  },
});

const TICK_MS = 5;
const BLOCKS = 130;
const LEVELS = 5;
/** Ticks a finger stays down at least, and up at least: enough for four samples that agree. */
const HELD_TICKS = 12;
const REST_TICKS_MAX = 40;
/** A press not thanked for by then is a failure, not a slow machine: a tick takes it or never. */
const PATIENCE_TICKS = 2000;

class Finger {
  private level = -1;
  private wait = 0;
  private down = 0;
  private thanked = true;

  constructor(
    private readonly board: NodeBoard,
    private readonly journal: number,
    private readonly random: Random,
  ) {}

  /** Called by the board with every change of its lights. */
  see(lights: number): void {
    if (this.thanked || lights % 512 !== (LIGHT_THANKS | (1 << this.level))) return;
    this.thanked = true;
    this.note('t');
  }

  move(): void {
    if (this.wait-- > 0) return;
    if (this.down > 0) {
      this.down++;
      if (this.down > PATIENCE_TICKS) throw new Error('a press was not thanked for');
      if (!this.thanked || this.down <= HELD_TICKS) return;
      this.board.held = 0;
      this.down = 0;
      this.wait = HELD_TICKS + this.random.below(REST_TICKS_MAX);
      return;
    }
    // Never the same face twice running: its lamp would be on already.
    this.level = (this.level + 1 + this.random.below(LEVELS - 1)) % LEVELS;
    this.thanked = false;
    this.note('p');
    this.board.held = 1 << this.level;
    this.down = 1;
  }

  private note(what: string): void {
    writeSync(this.journal, `${what}${this.level + 1}\n`);
  }
}

const firmware = loadFirmware(join(packageRoot(), 'build', 'hailong.wasm'));
const random = new Random(Number(values.seed));
const ticks: (() => void)[] = [];

for (const terminal of values.terminals.split(',')) {
  let finger: Finger | undefined;
  const board = new NodeBoard(firmware, {
    storage: new FileStorage(join(values.folder, `${terminal}.img`), BLOCKS),
    link: new TcpLink('127.0.0.1', Number(values.broker)),
    millis: () => performance.now(),
    resetCause: Number(values.cause),
    onScreen: ({ lights }) => finger?.see(lights),
  });
  board.boot();
  finger = new Finger(board, openSync(join(values.folder, `${terminal}.txt`), 'a'), random);
  const hand = finger;
  ticks.push(() => {
    if (!values.quiet) hand.move();
    board.tick();
  });
}

process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write('ready\n');
setInterval(() => {
  for (const tick of ticks) tick();
}, TICK_MS);
