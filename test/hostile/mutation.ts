/**
 * Damage, drawn from a seed: what bit errors, cut cables and people with a hex editor do to bytes. The
 * corpus keeps inputs that made the thing under test answer in a new way, so that later damage starts
 * from there; it is bounded, and it is not steered by anything but answers.
 */
import type { Random } from '../protocol/random.js';

const BYTES_MAX = 2048;
const LEARNT_MAX = 512;
const ANSWERS_MAX = 8192;

/** Bytes on which CBOR and MQTT decoders turn: widths, type borders, indefinite lengths, signs. */
const TURNING = [0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x20, 0x30, 0x3f, 0x40, 0x48].concat([
  0x58, 0x5f, 0x60, 0x7f, 0x80, 0x82, 0x84, 0x85, 0x88, 0x98, 0x9f, 0xa0, 0xc0, 0xf6, 0xfb, 0xff,
]);

export class Corpus {
  private readonly answers = new Set<string>();

  private readonly learnt: Uint8Array[] = [];

  constructor(private readonly seeds: readonly Uint8Array[]) {}

  /** A seed as often as a find: finds are many, and most are refused early. */
  pick(random: Random): Uint8Array {
    return random.pick(this.learnt.length > 0 && random.below(2) === 0 ? this.learnt : this.seeds);
  }

  /** Keeps an input whose answer was never given before. */
  learn(answer: string, input: Uint8Array): void {
    if (this.answers.has(answer) || this.answers.size >= ANSWERS_MAX) return;
    this.answers.add(answer);
    if (this.learnt.length < LEARNT_MAX) this.learnt.push(input.slice());
  }
}

export class Mutator {
  private readonly bytes = new Uint8Array(BYTES_MAX);
  private length = 0;

  constructor(private readonly random: Random) {}

  /** A damaged copy; now and then the damage undoes itself and the copy is whole. */
  damage(source: Uint8Array, corpus: Corpus): Uint8Array {
    this.length = Math.min(source.length, BYTES_MAX);
    this.bytes.set(source.subarray(0, this.length));
    for (let times = 1 + this.random.below(3); times > 0; times--) this.once(corpus);
    return this.bytes.slice(0, this.length);
  }

  noise(bytesMax: number): Uint8Array {
    const noise = new Uint8Array(this.random.below(bytesMax + 1));
    for (let i = 0; i < noise.length; i++) noise[i] = this.random.next();
    return noise;
  }

  private once(corpus: Corpus): void {
    const { random, bytes } = this;
    const at = random.below(Math.max(this.length, 1));
    switch (random.below(10)) {
      case 0:
      case 1:
        if (this.length > 0) bytes[at]! ^= 1 << random.below(8);
        return;
      case 2:
        if (this.length > 0) bytes[at] = random.pick(TURNING);
        return;
      case 3:
        if (this.length > 0) bytes[at] = random.next();
        return;
      case 4:
        this.remove(at, 1 + random.below(4));
        return;
      case 5:
        this.insert(at, Uint8Array.of(random.pick(TURNING)));
        return;
      case 6:
        this.length = at;
        return;
      case 7: {
        const other = corpus.pick(random);
        this.length = at;
        this.insert(at, other.subarray(random.below(other.length + 1)));
        return;
      }
      case 8: // a part twice
        this.insert(at, bytes.slice(at, Math.min(this.length, at + 1 + random.below(16))));
        return;
      default:
        this.number(at);
    }
  }

  /** A number of any width, edges likely, over what is there. */
  private number(at: number): void {
    const value = this.random.uint(0, 2 ** 40 - 1);
    const width = this.random.pick([1, 2, 4, 8]);
    for (let i = 0; i < width && at + i < this.length; i++) {
      this.bytes[at + i] = Math.floor(value / 256 ** (width - 1 - i)) % 256;
    }
  }

  private remove(at: number, count: number): void {
    const end = Math.min(this.length, at + count);
    this.bytes.copyWithin(at, end, this.length);
    this.length -= end - at;
  }

  private insert(at: number, more: Uint8Array): void {
    const fits = more.subarray(0, BYTES_MAX - this.length);
    this.bytes.copyWithin(at + fits.length, at, this.length);
    this.bytes.set(fits, at);
    this.length += fits.length;
  }
}
