/**
 * A terminal on the bench: the compiled firmware under a virtual clock, storage in memory, fingers
 * for its buttons, and the far end of its network port, with or without a host that acknowledges.
 */
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { loadFirmware, NodeBoard } from '../../firmware/boards/node/board.js';
import { provision, type Settings } from '../../firmware/boards/settings.js';
import { decode, encode } from '../../protocol/codec.js';
import type { Ack, Batch, LogId, Seq, TerminalId, UpMessage } from '../../protocol/messages.js';
import { echoOf, open, seal } from '../../protocol/seal.js';
import { topicOf } from '../../protocol/topic.js';
import { type Published, VirtualLink } from '../../scripts/virtual/virtual-link.js';

export const firmware = loadFirmware(new URL('../../build/hailong.wasm', import.meta.url));

export const TERMINAL = 0x0000a001 as TerminalId;
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
export const SETTINGS: Settings = {
  terminal: TERMINAL,
  key: KEY,
  levels: 5,
  language: 'vi',
  name: 'Một cửa Văn Quan',
  lockoutMs: 5000,
};

export type RigOptions = {
  blocks?: number;
  settings?: Partial<Settings>;
  storage?: MemoryStorage;
  /** The terminal is meant not to boot. */
  expectFailure?: boolean;
};

export class Rig {
  readonly storage: MemoryStorage;
  readonly link: VirtualLink;
  readonly published: Published[] = [];
  /** Frames on `up`, as they came. */
  readonly frames: Uint8Array[] = [];
  /** Answers every frame as a host would that loses nothing; off for a silent host. */
  acknowledges = true;
  committed = 0;
  nowMs = 0;
  /** What the board's entropy gives, over and over. */
  entropyByte = 0x5a;
  board: NodeBoard;

  constructor(private readonly options: RigOptions = {}) {
    this.storage = options.storage ?? new MemoryStorage(options.blocks ?? 64);
    if (options.storage === undefined) provision(this.storage, { ...SETTINGS, ...options.settings });
    this.link = new VirtualLink((message) => this.take(message));
    this.board = this.powerOn();
  }

  /** A power cut and a new start on the same storage. */
  restart(cause = 0, held = 0): void {
    this.link.hangUp();
    this.board = this.powerOn(cause, held);
  }

  /** Lets `ms` of virtual time pass, a tick every 5 ms. */
  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += 5;
      this.board.tick();
    }
  }

  /** Jumps over time in which nothing happens but timers. */
  skip(ms: number): void {
    this.nowMs += ms;
    this.run(10);
  }

  /** A finger: down long enough to be meant, then up. */
  press(button: number): void {
    this.hold(1 << button, 60);
  }

  hold(mask: number, ms: number): void {
    this.board.held = mask;
    this.run(ms);
    this.board.held = 0;
    this.run(40);
  }

  /** One sample of the buttons. */
  hold5ms(mask: number): void {
    this.board.held = mask;
    this.run(5);
  }

  goOnline(): void {
    this.run(100);
  }

  messages(): UpMessage[] {
    return this.frames.map((frame) => this.read(frame));
  }

  batches(): Batch[] {
    return this.messages().filter((message) => message.kind === 'batch');
  }

  /** Every event that arrived, by sequence number; a resent one once. */
  events(): Map<number, Batch['events'][number]> {
    const bySeq = new Map<number, Batch['events'][number]>();
    for (const batch of this.batches()) {
      for (const [i, event] of batch.events.entries()) bySeq.set(batch.first + i, event);
    }
    return bySeq;
  }

  ratings(): number[] {
    return [...this.events().values()].filter((event) => event.kind === 'rating').map((event) => event.level);
  }

  acknowledge(frame: Uint8Array, committed: number, changed: Partial<Ack> = {}, key = KEY): void {
    const { log } = this.read(frame);
    const ack: Ack = {
      kind: 'ack',
      terminal: TERMINAL,
      log: log as LogId,
      committed: committed as Seq,
      echo: echoOf(frame),
      ...changed,
    };
    this.link.deliver(topicOf(TERMINAL, 'down'), seal(key, 'down', encode(ack)));
  }

  read(frame: Uint8Array): UpMessage {
    const opened = open(KEY, 'up', frame);
    if (opened.kind !== 'ok') throw new Error(`terminal sent a bad frame: ${opened.code}`);
    const decoded = decode(opened.content);
    if (decoded.kind !== 'ok') throw new Error(`terminal sent bad content: ${decoded.code}`);
    return decoded.message as UpMessage;
  }

  private take(message: Published): void {
    this.published.push(message);
    if (message.topic !== topicOf(TERMINAL, 'up')) return;
    this.frames.push(message.payload);
    if (!this.acknowledges) return;
    const up = this.read(message.payload);
    const [from, to] = up.kind === 'gap' ? [up.from, up.to] : [up.first, up.first + up.events.length - 1];
    if (from <= this.committed + 1 && to > this.committed) this.committed = to;
    this.acknowledge(message.payload, this.committed);
  }

  private powerOn(cause = 0, held = 0): NodeBoard {
    const board = new NodeBoard(firmware, {
      storage: this.storage,
      link: this.link,
      millis: () => this.nowMs,
      entropy: (into) => into.fill(this.entropyByte),
      resetCause: cause,
    });
    board.held = held;
    try {
      board.boot();
    } catch (error) {
      if (!this.options.expectFailure) throw error;
    }
    return board;
  }
}
