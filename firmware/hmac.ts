/**
 * HMAC-SHA-256 (RFC 2104) under one key. The two key blocks are hashed once, when the key is set, so
 * a tag over a short message costs two compressions instead of four.
 */
import { BLOCK, sha256Finish, sha256Resume, sha256Save, sha256Start, sha256Update } from './sha256';

const IPAD: u8 = 0x36;
const OPAD: u8 = 0x5c;

const pad = memory.data(64, 4);
const inner = memory.data(32, 4);
const outer = memory.data(32, 4);
const digest = memory.data(32, 4);

/** `bytes` may exceed a block: then the key is its hash, as RFC 2104 section 2 says. */
export function hmacKey(key: usize, bytes: u32): void {
  memory.fill(pad, 0, BLOCK);
  if (bytes > BLOCK) {
    sha256Start();
    sha256Update(key, bytes);
    sha256Finish(pad);
  } else {
    memory.copy(pad, key, bytes);
  }
  xorPad(IPAD);
  sha256Start();
  sha256Update(pad, BLOCK);
  sha256Save(inner);
  xorPad(IPAD ^ OPAD);
  sha256Start();
  sha256Update(pad, BLOCK);
  sha256Save(outer);
  memory.fill(pad, 0, BLOCK);
}

function xorPad(value: u8): void {
  for (let i: u32 = 0; i < BLOCK; i++) store<u8>(pad + i, load<u8>(pad + i) ^ value);
}

export function hmacStart(): void {
  sha256Resume(inner, BLOCK);
}

export function hmacUpdate(from: usize, bytes: u32): void {
  sha256Update(from, bytes);
}

/** Writes the 32 bytes of tag. */
export function hmacFinish(into: usize): void {
  sha256Finish(digest);
  sha256Resume(outer, BLOCK);
  sha256Update(digest, 32);
  sha256Finish(into);
}
