/**
 * The part of RFC 8949 that the wire uses: unsigned integers, byte strings, definite arrays, in core
 * deterministic encoding (section 4.2.1). The reader refuses everything else, so nothing reaches the
 * tally through a library's tolerance. Not a general CBOR codec on purpose.
 */
import type { RejectCode } from './messages.js';

/** Thrown inside the decoder only; `decode` and `open` turn it into a value. */
export class Reject extends Error {
  override readonly name = 'Reject';
  constructor(readonly code: RejectCode) {
    super(code);
  }
}

const MAJOR_UINT = 0;
const MAJOR_BYTES = 2;
const MAJOR_ARRAY = 4;

export class Reader {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  /** An unsigned integer in [min, max]; `max` at most 2^53 - 1. */
  uint(min: number, max: number): number {
    const value = this.head(MAJOR_UINT);
    if (value < min || value > max) throw new Reject('out_of_range');
    return value;
  }

  /** Number of elements of an array. */
  array(): number {
    return this.head(MAJOR_ARRAY);
  }

  /** The head of an array of exactly `length` elements. */
  arrayOf(length: number): void {
    if (this.array() !== length) throw new Reject('wrong_length');
  }

  /** Whether the next item is an array, without taking it. */
  nextIsArray(): boolean {
    return this.at < this.bytes.length && this.bytes[this.at]! >> 5 === MAJOR_ARRAY;
  }

  /** A byte string, as a view into the input. */
  byteString(): Uint8Array {
    const length = this.head(MAJOR_BYTES);
    if (length > this.bytes.length - this.at) throw new Reject('truncated');
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  /** Refuses anything left over. */
  end(): void {
    if (this.at !== this.bytes.length) throw new Reject('trailing');
  }

  private head(major: number): number {
    const initial = this.byte();
    if (initial >> 5 !== major) throw new Reject('wrong_type');
    const info = initial & 31;
    if (info < 24) return info;
    if (info > 27) throw new Reject('wrong_type'); // reserved values and indefinite lengths
    const width = 1 << (info - 24);
    if (width > this.bytes.length - this.at) throw new Reject('truncated');
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.bytes[this.at++]!;
    const least = width === 1 ? 24 : 2 ** (width * 4); // 24, 2^8, 2^16, 2^32
    if (value < least) throw new Reject('non_minimal');
    if (value > Number.MAX_SAFE_INTEGER) throw new Reject('out_of_range');
    return value;
  }

  private byte(): number {
    if (this.at >= this.bytes.length) throw new Reject('truncated');
    return this.bytes[this.at++]!;
  }
}

export class Writer {
  private bytes = new Uint8Array(256);
  private at = 0;

  uint(value: number): this {
    return this.head(MAJOR_UINT, value);
  }

  array(length: number): this {
    return this.head(MAJOR_ARRAY, length);
  }

  byteString(content: Uint8Array): this {
    this.head(MAJOR_BYTES, content.length);
    this.reserve(content.length);
    this.bytes.set(content, this.at);
    this.at += content.length;
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  private head(major: number, value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${value}`);
    this.reserve(9);
    const high = major << 5;
    if (value < 24) {
      this.bytes[this.at++] = high | value;
      return this;
    }
    const width = value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 32 ? 4 : 8;
    this.bytes[this.at++] = high | (24 + Math.log2(width));
    for (let i = width - 1; i >= 0; i--) this.bytes[this.at++] = Math.floor(value / 256 ** i) % 256;
    return this;
  }

  private reserve(extra: number): void {
    if (this.at + extra <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + extra));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }
}
