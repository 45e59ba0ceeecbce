/**
 * SHA-256 (FIPS 180-4 section 6.2), over memory, one running hash at a time. The message schedule is
 * kept as a ring of 16 words instead of 64, which is what a small RAM wants.
 */
const STATE_BYTES: u32 = 32;
export const BLOCK: u32 = 64;

const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const H0 = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

const H = memory.data(32, 4);
const W = memory.data(64, 4);
const tail = memory.data(64, 4);
let length: u32 = 0;

export function sha256Start(): void {
  memory.copy(H, H0, STATE_BYTES);
  length = 0;
}

/** Goes on from a state saved by `sha256Save` after whole blocks. */
export function sha256Resume(from: usize, bytesHashed: u32): void {
  memory.copy(H, from, STATE_BYTES);
  length = bytesHashed;
}

/** Copies the state out; only meaningful after a whole number of blocks. */
export function sha256Save(into: usize): void {
  memory.copy(into, H, STATE_BYTES);
}

export function sha256Update(from: usize, bytes: u32): void {
  let at: u32 = length % BLOCK;
  length += bytes;
  while (bytes > 0) {
    const room = BLOCK - at;
    const take = bytes < room ? bytes : room;
    memory.copy(tail + at, from, take);
    at += take;
    from += take;
    bytes -= take;
    if (at == BLOCK) {
      compress();
      at = 0;
    }
  }
}

/** Pads, and writes the 32 bytes of digest. Messages are below 2^29 bytes. */
export function sha256Finish(into: usize): void {
  const bits = length << 3;
  const high = length >> 29;
  let at: u32 = length % BLOCK;
  store<u8>(tail + at, 0x80);
  at++;
  if (at > 56) {
    memory.fill(tail + at, 0, BLOCK - at);
    compress();
    at = 0;
  }
  memory.fill(tail + at, 0, 56 - at);
  store<u32>(tail + 56, bswap<u32>(high));
  store<u32>(tail + 60, bswap<u32>(bits));
  compress();
  for (let i: u32 = 0; i < STATE_BYTES; i += 4) store<u32>(into + i, bswap<u32>(load<u32>(H + i)));
}

function compress(): void {
  let a = load<u32>(H, 0);
  let b = load<u32>(H, 4);
  let c = load<u32>(H, 8);
  let d = load<u32>(H, 12);
  let e = load<u32>(H, 16);
  let f = load<u32>(H, 20);
  let g = load<u32>(H, 24);
  let h = load<u32>(H, 28);
  for (let t: u32 = 0; t < 64; t++) {
    const slot = W + ((t & 15) << 2);
    let w: u32;
    if (t < 16) {
      w = bswap<u32>(load<u32>(tail + (t << 2)));
    } else {
      const w15 = load<u32>(W + (((t + 1) & 15) << 2));
      const w2 = load<u32>(W + (((t + 14) & 15) << 2));
      const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
      const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
      w = load<u32>(slot) + s0 + load<u32>(W + (((t + 9) & 15) << 2)) + s1;
    }
    store<u32>(slot, w);
    const S1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + S1 + ((e & f) ^ (~e & g)) + load<u32>(K + (t << 2)) + w;
    const S0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = S0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(H, load<u32>(H, 0) + a, 0);
  store<u32>(H, load<u32>(H, 4) + b, 4);
  store<u32>(H, load<u32>(H, 8) + c, 8);
  store<u32>(H, load<u32>(H, 12) + d, 12);
  store<u32>(H, load<u32>(H, 16) + e, 16);
  store<u32>(H, load<u32>(H, 20) + f, 20);
  store<u32>(H, load<u32>(H, 24) + g, 24);
  store<u32>(H, load<u32>(H, 28) + h, 28);
}
