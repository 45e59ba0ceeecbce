/**
 * The microcontroller's image against real parts: Mosquitto, the host as a process of its own, the board
 * in the emulator. What a citizen, a technician and the host's owner would notice.
 */
import { constants, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CAUSE_POWER, CAUSE_TRAP, CAUSE_WATCHDOG } from '../../protocol/constants.js';
import { Gdb, REGISTER } from '../../scripts/emulate/gdb.js';
import { fromPgm, type Picture, pgmOf } from '../../scripts/emulate/picture.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { Board, Broker, LIGHT_ONLINE, Listener, REGISTRY } from './bench.js';
import { boardImage, type Image, lacks, RUN_PROGRAMS } from './image.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

type Total = { missing: number; levels: { level: number; count: number }[] };

const STACK_PAINT = 0xc5c5c5c5;
const RAM_BYTES_MAX = 32 * 1024;

describe.skipIf(lacks(...RUN_PROGRAMS))(
  'a terminal on a microcontroller [needs qemu-system-arm, mosquitto]',
  () => {
    let image: Image;
    let broker: Broker;
    let listener: Listener;
    let board: Board;
    let data: string;
    let debugPort: string;
    const pressed = [0, 0, 0, 0, 0];

    beforeAll(async () => {
      image = await boardImage();
      broker = await Broker.start();
      listener = new Listener(broker.port);
      data = temporaryFolder();
      writeFileSync(join(data, 'registry.json'), JSON.stringify(REGISTRY));
      const { code, err } = await Hailong.run(
        'registry',
        'load',
        join(data, 'registry.json'),
        '--data',
        data,
      );
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
      listener?.stop();
      broker?.kill();
    });

    async function press(level: number): Promise<void> {
      await board.press(level - 1);
      pressed[level - 1]!++;
    }

    async function tallied(): Promise<{ levels: number[]; missing: number }> {
      const { out } = await Hailong.run('tally', '--json', '--data', data);
      const { total } = JSON.parse(out) as { total: Total };
      const levels = pressed.map((_, i) => total.levels.find(({ level }) => level === i + 1)?.count ?? 0);
      return { levels, missing: total.missing };
    }

    /** Every press, exactly, within the time a reconnect takes. */
    async function expectTally(): Promise<void> {
      const total = pressed.reduce((sum, count) => sum + count, 0);
      await until(
        `${total} ratings`,
        async () => (await tallied()).levels.reduce((sum, count) => sum + count, 0) >= total,
        90_000,
      );
      expect(await tallied()).toEqual({ levels: pressed, missing: 0 });
    }

    it('shows office, prompt and link in Vietnamese, as in the reviewed picture', async () => {
      await expectPicture('online');
    });

    it('thanks as in the reviewed picture, and goes back to the prompt', async () => {
      await press(5);
      await expectPicture('thanks');
      await expectPicture('online');
    });

    it('presses made are ratings tallied, by level', async () => {
      for (let i = 0; i < 25; i++) await press(1 + ((i * 3) % 5));
      await expectTally();
    });

    it('answers a line on its console', async () => {
      const line = await Serial.open(await board.emulator.consolePath());
      const answer = await line.ask(
        'status',
        /uptime_s=\d+ online=1 .*\r\nlevel1=(\d+) .*level5=(\d+) .*\r\nok\r\n/,
      );
      await line.close();
      expect(answer.slice(1).map(Number)).toEqual([pressed[0], pressed[4]]);
    });

    it('counts on while the broker is gone, says so, and sends when it is back', async () => {
      broker.kill();
      await press(1);
      await press(4);
      await until('the board to notice', async () => !(await board.lit(LIGHT_ONLINE)), 40_000);
      await press(2);
      await expectPicture('waiting');
      await broker.up();
      await expectTally();
    });

    it('has used at most 32 KiB of RAM through all this, the deepest stack included', async () => {
      const [from, to] = [board.symbol('stack_end'), board.symbol('stack_start')];
      const words = await board.emulator.words(from, (to - from) / 4);
      expect(words).toHaveLength((to - from) / 4);
      const untouched = words.findIndex((word) => word !== STACK_PAINT);
      expect(untouched).toBeGreaterThan(1000);
      const stackBytes = (words.length - untouched) * 4;
      const staticBytes = from - 0x20000000;
      expect(stackBytes).toBeGreaterThan(100);
      expect(staticBytes + stackBytes).toBeLessThanOrEqual(RAM_BYTES_MAX);
    });

    it('starts again after a trap, and the next boot event says that it was one', async () => {
      const gdb = await Gdb.attach(debugPort);
      const memory = board.symbol('hailong_memory');
      const instance = board.symbol('hailong');
      // The module's memory suddenly has 64 bytes: its next access is out of bounds.
      let at = instance;
      while ((await gdb.word(at)) !== memory) at += 4;
      await gdb.setWord(at + 12, 64);
      await gdb.detach();
      await until('the reset', () => board.emulator.resets === 1);
      await board.untilOnline();
      await until('its boot event', () => causes().length === 2);
      expect(causes()).toEqual([CAUSE_POWER, CAUSE_TRAP]);
      await press(3);
      await expectTally();
    });

    it('is reset by the watchdog when it hangs, and the next boot event says so', async () => {
      const gdb = await Gdb.attach(debugPort);
      await gdb.setRegister(REGISTER.PC, await endlessLoop(gdb));
      await gdb.detach();
      await until('the reset', () => board.emulator.resets === 2, 30_000);
      await board.untilOnline();
      await until('its boot event', () => causes().length === 3);
      expect(causes().at(-1)).toBe(CAUSE_WATCHDOG);
      await press(3);
      await expectTally();
    });

    const causes = () => listener.of('boot').map((event) => (event as { cause: number }).cause);

    /** A branch to itself somewhere in the image, with interrupts on: what a hung program looks like. */
    async function endlessLoop(gdb: Gdb): Promise<number> {
      for (let at = board.symbol('reset_because') & ~3; ; at += 4) {
        const word = await gdb.word(at);
        if ((word & 0xffff) === 0xe7fe) return at;
        if (word >>> 16 === 0xe7fe) return at + 2;
      }
    }

    async function expectPicture(name: string): Promise<void> {
      const path = new URL(`reference/${name}.pgm`, import.meta.url);
      let shown: Picture | undefined;
      if (process.env.HAILONG_NEW_PICTURES !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, name === 'online' ? 3500 : 300));
        writeFileSync(path, pgmOf(await board.emulator.picture()));
      }
      const reference = fromPgm(readFileSync(path, 'utf8'));
      await until(`the picture "${name}"`, async () => {
        shown = await board.emulator.picture();
        return Buffer.compare(shown, reference) === 0;
      }).catch(() => expect(pgmOf(shown!)).toBe(pgmOf(reference)));
    }
  },
);

/** The other end of the console's pseudo-terminal. */
class Serial {
  private out = '';

  private constructor(private readonly file: FileHandle) {
    void this.read();
  }

  static async open(path: string): Promise<Serial> {
    return new Serial(await open(path, constants.O_RDWR | constants.O_NOCTTY));
  }

  /** Asks until it is answered: the emulator takes a moment to notice that somebody is there. */
  async ask(command: string, answer: RegExp): Promise<RegExpExecArray> {
    let asked = 0;
    return until(`an answer to ${command}`, async () => {
      if (performance.now() - asked > 2000) {
        asked = performance.now();
        await this.file.write(`${command}\r\n`);
      }
      return answer.exec(this.out);
    });
  }

  /** Ends the pending read too: it takes one more answer. */
  async close(): Promise<void> {
    await this.file.write('help\r\n');
    await this.file.close().catch(() => {});
  }

  private async read(): Promise<void> {
    const buffer = Buffer.alloc(256);
    try {
      for (;;) {
        const { bytesRead } = await this.file.read(buffer, 0, buffer.length);
        this.out += buffer.toString('latin1', 0, bytesRead);
      }
    } catch {
      // closed, or the board is off
    }
  }
}
