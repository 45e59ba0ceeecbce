/**
 * A terminal in an enemy's hands: the compiled firmware on the Node board under a virtual clock, its
 * line the enemy's, its books kept from what it sends. Promised whatever comes in: no trap, memory of
 * one page and nothing written outside the 16 KiB that the firmware lays out, storage written for
 * presses and hours only.
 */
import { join } from 'node:path';
import { LIGHT_FAULT, LIGHT_ONLINE, LIGHT_THANKS } from '../../firmware/boards/board.js';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { loadFirmware, NodeBoard } from '../../firmware/boards/node/board.js';
import { provision } from '../../firmware/boards/settings.js';
import { packageRoot } from '../../host/package-root.js';
import type { TerminalId } from '../../protocol/messages.js';
import { topicOf } from '../../protocol/topic.js';
import type { Random } from '../protocol/random.js';
import { TerminalBooks } from './books.js';
import { HostileLine, type Packet, packet, published } from './line.js';

export const TERMINAL = 0x0000a001 as TerminalId;
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 5 + 1);
export const UP = topicOf(TERMINAL, 'up');
export const DOWN = topicOf(TERMINAL, 'down');
const STATE = topicOf(TERMINAL, 'state');

const BLOCKS = 40;
const MEMORY_BYTES = 65_536;
const LAID_OUT_BYTES = 16_384;
const NOTHING = new Uint8Array(MEMORY_BYTES - LAID_OUT_BYTES);
const MS_PER_HOUR = 3_600_000;

const CONNECT = 0x10;
const SUBSCRIBE = 0x82;
const PINGREQ = 0xc0;
export const CONNACK = packet(0x20, Uint8Array.of(0, 0));
export const SUBACK = packet(0x90, Uint8Array.of(0, 1, 0));
export const PINGRESP = packet(0xd0);

const firmware = loadFirmware(join(packageRoot(), 'build', 'hailong.wasm'));

class CountedStorage extends MemoryStorage {
  writes = 0;

  override write(block: number, from: Uint8Array): number {
    this.writes++;
    return super.write(block, from);
  }
}

export class Victim {
  readonly books = new TerminalBooks(TERMINAL, KEY);
  readonly line = new HostileLine((one) => this.take(one));
  /** Presses thanked for, by level. */
  readonly pressed: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  /** What answers CONNECT and SUBSCRIBE instead of a broker; null leaves it to the broker. */
  greeter: (() => Uint8Array | null) | null = null;
  nowMs = 0;
  restarts = 0;
  private readonly storage = new CountedStorage(BLOCKS);
  private board: NodeBoard;
  private level = 0;

  constructor(private readonly random: Random) {
    provision(this.storage, {
      terminal: TERMINAL,
      key: KEY,
      levels: 5,
      language: 'vi',
      name: 'Quầy 1',
      lockoutMs: 0,
    });
    this.board = this.powerOn();
  }

  get online(): boolean {
    return (this.board.screen.lights & LIGHT_ONLINE) !== 0;
  }

  /** Lets `ms` pass, then one tick. */
  tick(ms = 1): void {
    this.nowMs += ms;
    this.board.tick();
  }

  /**
   * A finger. Refused is a press that the terminal says, with its fault lamp, it could not keep: then it
   * may not count either.
   */
  press(): 'thanked' | 'refused' {
    // Never the same face twice running: thanks that still show would pass for new ones.
    this.level = (this.level + 1 + this.random.below(4)) % 5;
    this.board.held = 1 << this.level;
    for (let i = 0; i < 12; i++) this.tick(5);
    this.board.held = 0;
    for (let i = 0; i < 8; i++) this.tick(5);
    const lamps = this.board.screen.lights & ~LIGHT_ONLINE;
    if (lamps === LIGHT_FAULT) return 'refused';
    if (lamps !== (LIGHT_THANKS | (1 << this.level))) throw new Error(`a press made lamps ${lamps} light`);
    this.pressed[this.level as 0]++;
    return 'thanked';
  }

  powerCut(): void {
    this.line.drop();
    this.books.powerCut();
    this.restarts++;
    this.board = this.powerOn();
  }

  /** What must hold at any moment. */
  check(): void {
    const { buffer } = this.board.memory;
    if (buffer.byteLength !== MEMORY_BYTES) throw new Error(`memory of ${buffer.byteLength} bytes`);
    if (Buffer.compare(new Uint8Array(buffer, LAID_OUT_BYTES), NOTHING) !== 0) {
      throw new Error('something was written outside the memory laid out');
    }
    const presses = this.pressed.reduce((sum, count) => sum + count, 0);
    // An event is a write, or two where a block is begun; a boot logs two events, an hour one.
    const writesMax = 2 * (presses + 2 * (this.restarts + 1) + this.nowMs / MS_PER_HOUR + 1);
    if (this.storage.writes > writesMax) throw new Error(`${this.storage.writes} writes to storage`);
  }

  private powerOn(): NodeBoard {
    const board = new NodeBoard(firmware, {
      storage: this.storage,
      link: this.line,
      millis: () => this.nowMs,
      entropy: (into) => {
        for (let i = 0; i < into.length; i++) into[i] = this.random.next();
      },
    });
    board.boot();
    return board;
  }

  private take(one: Packet): void {
    if (one.type === CONNECT) {
      this.books.disconnected();
      this.line.send(this.greeter?.() ?? CONNACK);
    } else if (one.type === SUBSCRIBE) this.line.send(this.greeter?.() ?? SUBACK);
    else if (one.type === PINGREQ) this.line.send(PINGRESP);
    else {
      const message = published(one);
      if (message?.topic === UP) this.books.take(message.payload);
      else if (message?.topic !== STATE) throw new Error(`the terminal sent a packet of type ${one.type}`);
    }
  }
}
