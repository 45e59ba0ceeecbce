/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) for frames of a few hundred bytes. A key's two padded blocks are
 * hashed once and kept, so a tag costs the blocks of the message and one more. node:crypto makes two
 * native objects a tag, which for a frame of one rating costs more than all its hashing; the published
 * vectors and node:crypto itself hold this to the same answers. One message at a time, by design.
 */

const BLOCK_BYTES = 64;
const STATE_WORDS = 8;
const LENGTH_BYTES = 8;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

// biome-ignore format: the standard's own rows of eight
const ROUND = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

const START = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

const schedule = new Int32Array(64);
const state = new Int32Array(STATE_WORDS);
let message = new Uint8Array(16 * BLOCK_BYTES);

/** A key made ready: never changes, whatever becomes of the bytes it was made from. */
export class HmacKey {
  private readonly inner: Int32Array;
  private readonly outer: Int32Array;

  /** At most 64 bytes; longer ones would have to be hashed first. */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError(`a key of ${key.length} bytes`);
    this.inner = padded(key, INNER_PAD);
    this.outer = padded(key, OUTER_PAD);
  }

  /** The first `length` bytes, at most 32, of the tag over `head` and then `body`. */
  tag(head: Uint8Array, body: Uint8Array, length: number): Uint8Array {
    const bytes = head.length + body.length;
    if (bytes + BLOCK_BYTES > message.length) message = new Uint8Array(2 * (bytes + BLOCK_BYTES));
    message.set(head);
    message.set(body, head.length);
    state.set(this.inner);
    finish(bytes);
    const digest = new Uint8Array(STATE_WORDS * 4);
    writeState(digest);
    message.set(digest);
    state.set(this.outer);
    finish(digest.length);
    writeState(digest);
    return digest.subarray(0, length);
  }
}

function padded(key: Uint8Array, pad: number): Int32Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!;
  state.set(START);
  compress(block, 0);
  return state.slice();
}

/** Hashes the first `bytes` of `message` into `state`, which has one block behind it already. */
function finish(bytes: number): void {
  const end = Math.ceil((bytes + 1 + LENGTH_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
  message.fill(0, bytes, end);
  message[bytes] = 0x80;
  const bits = (bytes + BLOCK_BYTES) * 8;
  for (let i = 1; i <= 4; i++) message[end - i] = bits >>> (8 * (i - 1));
  for (let at = 0; at < end; at += BLOCK_BYTES) compress(message, at);
}

function writeState(into: Uint8Array): void {
  for (let i = 0; i < STATE_WORDS; i++) {
    const word = state[i]!;
    into[4 * i] = word >>> 24;
    into[4 * i + 1] = word >>> 16;
    into[4 * i + 2] = word >>> 8;
    into[4 * i + 3] = word;
  }
}

/** FIPS 180-4 section 6.2.2. */
function compress(block: Uint8Array, from: number): void {
  const w = schedule;
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    w[i] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}
