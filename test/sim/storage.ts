/**
 * Storage that fails in every way the firmware is promised to survive: until a flush a write may be
 * lost, torn at any byte or reordered with others; any call may be refused, a refused write may have
 * happened in part or whole; and what lies there may decay. What was flushed and has not decayed is
 * never changed: a medium that lies about its flushes is outside the promise.
 *
 * `truth` is what the medium would hold had nothing decayed: it tells decay from torn writes.
 */
import { BLOCK_BYTES, E_STORAGE, OK, type Storage } from '../../firmware/boards/board.js';
import type { Random } from '../protocol/random.js';

export type StorageCall = 'read' | 'write' | 'flush';

/** How often a call is refused, in one of a thousand. */
export type Refusals = { readonly [call in StorageCall]: number };

export const NO_REFUSALS: Refusals = { read: 0, write: 0, flush: 0 };

/** How many bytes of a write under way reach the medium when the power goes; null: by chance. */
export type Tear = number | null;

/** Told before each call, and again inside a write; throws to cut the power there. */
export type PowerGate = (call: StorageCall, inside: boolean) => void;

type Write = { readonly block: number; readonly bytes: Uint8Array };

export class FaultyStorage implements Storage {
  readonly medium: Uint8Array;
  readonly truth: Uint8Array;
  refusals: Refusals = NO_REFUSALS;
  gate: PowerGate = () => {};
  /** A write or flush has begun since this was last set to false. */
  touched = false;
  /** A call has been refused since this was last set to false. */
  refused = false;
  private pending: Write[] = [];

  constructor(
    private readonly count: number,
    private readonly random: Random,
  ) {
    this.medium = new Uint8Array(count * BLOCK_BYTES);
    this.truth = new Uint8Array(count * BLOCK_BYTES);
  }

  blocks(): number {
    return this.count;
  }

  read(block: number, into: Uint8Array): number {
    this.gate('read', false);
    if (block >= this.count || this.refuses('read')) return E_STORAGE;
    into.set(this.pending.findLast((write) => write.block === block)?.bytes ?? blockOf(this.medium, block));
    return OK;
  }

  write(block: number, from: Uint8Array): number {
    this.gate('write', false);
    if (block >= this.count) return E_STORAGE;
    this.touched = true;
    const write = { block, bytes: from.slice() };
    if (this.refuses('write')) {
      const fate = this.random.below(3);
      if (fate === 0) this.tear(write, this.random.below(BLOCK_BYTES + 1));
      if (fate === 1) this.pending.push(write);
      return E_STORAGE;
    }
    this.pending.push(write);
    this.gate('write', true);
    return OK;
  }

  flush(): number {
    this.gate('flush', false);
    this.touched = true;
    if (this.refuses('flush')) return E_STORAGE;
    for (const { block, bytes } of this.pending) this.put(block, bytes);
    this.pending = [];
    return OK;
  }

  /** The power is gone: what was not flushed is lost, torn or there, in any order. */
  cut(tear: Tear): void {
    const { random } = this;
    while (this.pending.length > 0) {
      const [write] = this.pending.splice(random.below(this.pending.length), 1) as [Write];
      const fate = tear === null ? random.below(4) : 4;
      if (fate === 0) continue;
      if (fate === 1) this.put(write.block, write.bytes);
      else if (fate === 2) this.tear(write, random.below(BLOCK_BYTES + 1));
      else if (fate === 3) this.tear(this.noisy(write), BLOCK_BYTES);
      else this.tear(write, tear!);
    }
  }

  /** The block's bytes go bad where they lie: a few bits, or all of them. */
  decay(block: number): void {
    const bytes = blockOf(this.medium, block);
    if (this.random.below(2) === 0) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = this.random.below(256);
    } else {
      for (let bits = 1 + this.random.below(8); bits > 0; bits--) {
        bytes[this.random.below(BLOCK_BYTES)]! ^= 1 << this.random.below(8);
      }
    }
  }

  decayed(block: number): boolean {
    return Buffer.compare(blockOf(this.medium, block), blockOf(this.truth, block)) !== 0;
  }

  /** What a reader sees while the power is on: what is not flushed included. */
  visible(): Uint8Array {
    const seen = this.medium.slice();
    for (const { block, bytes } of this.pending) blockOf(seen, block).set(bytes);
    return seen;
  }

  /** A new medium out of its box. */
  replace(): void {
    this.medium.fill(0);
    this.truth.fill(0);
    this.pending = [];
  }

  private refuses(call: StorageCall): boolean {
    const rate = this.refusals[call];
    const refused = rate > 0 && this.random.below(1000) < rate;
    if (refused) this.refused = true;
    return refused;
  }

  private put(block: number, bytes: Uint8Array): void {
    blockOf(this.medium, block).set(bytes);
    blockOf(this.truth, block).set(bytes);
  }

  private tear({ block, bytes }: Write, length: number): void {
    this.put(block, bytes.subarray(0, length));
  }

  /** A sector that was being programmed when the power went: its start, then noise. */
  private noisy({ block, bytes }: Write): Write {
    const noise = bytes.slice();
    for (let i = this.random.below(BLOCK_BYTES); i < BLOCK_BYTES; i++) noise[i] = this.random.below(256);
    return { block, bytes: noise };
  }
}

export function blockOf(bytes: Uint8Array, block: number): Uint8Array {
  return bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
}
