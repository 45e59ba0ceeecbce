/**
 * A fleet of terminals in the test's own process: the compiled firmware on the Node board, storage in
 * files, real TCP to a real broker. Knows what it pressed.
 */
import { join } from 'node:path';
import { loadFirmware, NodeBoard } from '../../firmware/boards/node/board.js';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { TcpLink } from '../../firmware/boards/node/tcp-link.js';
import { provision } from '../../firmware/boards/settings.js';

const firmware = loadFirmware(new URL('../../build/hailong.wasm', import.meta.url));
const TICK_MS = 5;
const ID_FIRST = 0x0000f100;
const BLOCKS = 130;
/** Ticks are at least a sample apart now and then two: enough for four samples that agree. */
const PRESS_TICKS = 12;

export type Member = { board: NodeBoard; storage: FileStorage; link: TcpLink; pressed: number[] };

export class Fleet {
  readonly members: Member[];
  private readonly timer: NodeJS.Timeout;
  private ticks = 0;

  constructor(
    private readonly folder: string,
    count: number,
    private readonly mqttPort: number,
  ) {
    this.members = Array.from({ length: count }, (_, i) => this.powerOn(i));
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** The registry document of a fleet: one office and one counter a terminal. */
  static registry(count: number) {
    const ids = Array.from({ length: count }, (_, i) => i);
    return {
      title: 'Huyện thử',
      places: [
        { id: 'g', parent: null, kind: 'group', name: 'Huyện thử' },
        ...ids.map((i) => ({ id: `o${i}`, parent: 'g', kind: 'office', name: `Xã ${i}` })),
        ...ids.map((i) => ({ id: `c${i}`, parent: `o${i}`, kind: 'counter', name: `Quầy ${i}` })),
      ],
      terminals: ids.map((i) => ({
        id: (ID_FIRST + i).toString(16).padStart(8, '0'),
        key: Buffer.from(keyOf(i)).toString('hex'),
        counter: `c${i}`,
        from: '2020-01-01',
      })),
    };
  }

  /** A finger on a face, for as many ticks as a finger needs; resolves when it is up and settled. */
  async press(i: number, button: number): Promise<void> {
    const { board, pressed } = this.members[i]!;
    pressed[button]!++;
    board.held = 1 << button;
    await this.passes(PRESS_TICKS);
    board.held = 0;
    await this.passes(PRESS_TICKS);
  }

  /** Presses made, by terminal and level. */
  get pressed(): number[][] {
    return this.members.map(({ pressed }) => pressed);
  }

  /** Events that no host has acknowledged, as the displays tell it; offline counts as some. */
  get waiting(): boolean {
    return this.members.some(
      ({ board: { screen } }) => screen.lines[2] !== 'Trực tuyến' || screen.lines[3] !== '',
    );
  }

  stop(): void {
    clearInterval(this.timer);
    for (const { storage, link } of this.members) {
      link.close();
      storage.close();
    }
  }

  private tick(): void {
    for (const { board } of this.members) board.tick();
    this.ticks++;
  }

  private async passes(ticks: number): Promise<void> {
    for (const end = this.ticks + ticks; this.ticks < end; ) await pause(TICK_MS);
  }

  private powerOn(i: number): Member {
    const storage = new FileStorage(join(this.folder, `${i}.img`), BLOCKS);
    provision(storage, {
      terminal: ID_FIRST + i,
      key: keyOf(i),
      levels: 5,
      language: 'vi',
      name: `Quầy ${i}`,
      lockoutMs: 0,
    });
    const link = new TcpLink('127.0.0.1', this.mqttPort);
    const board = new NodeBoard(firmware, { storage, link, millis: () => performance.now() });
    board.boot();
    return { board, storage, link, pressed: [0, 0, 0, 0, 0] };
  }
}

const keyOf = (i: number) => Uint8Array.from({ length: 32 }, (_, j) => i * 7 + j);

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
