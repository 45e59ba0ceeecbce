/**
 * The unsigned integers, byte strings and definite arrays of RFC 8949 that the wire uses, in core
 * deterministic encoding. Writing cannot fail: callers reserve room by the limits in constants.ts.
 * Reading keeps a cursor and goes bad at the first byte that is not exactly as it must be.
 */
export const MAJOR_UINT: u32 = 0;
export const MAJOR_BYTES: u32 = 2;
export const MAJOR_ARRAY: u32 = 4;

/** Writes a head at `at` and returns where it ends. */
export function putHead(at: usize, major: u32, value: u64): usize {
  const high = <u8>(major << 5);
  if (value < 24) {
    store<u8>(at, high | <u8>value);
    return at + 1;
  }
  if (value < 0x100) {
    store<u8>(at, high | 24);
    store<u8>(at, <u8>value, 1);
    return at + 2;
  }
  if (value < 0x10000) {
    store<u8>(at, high | 25);
    store<u16>(at, bswap<u16>(<u16>value), 1);
    return at + 3;
  }
  if (value < 0x100000000) {
    store<u8>(at, high | 26);
    store<u32>(at, bswap<u32>(<u32>value), 1);
    return at + 5;
  }
  store<u8>(at, high | 27);
  store<u64>(at, bswap<u64>(value), 1);
  return at + 9;
}

export function putUint(at: usize, value: u64): usize {
  return putHead(at, MAJOR_UINT, value);
}

export function putArray(at: usize, length: u32): usize {
  return putHead(at, MAJOR_ARRAY, length);
}

let cursor: usize = 0;
let end: usize = 0;
let bad: bool = false;

export function readStart(from: usize, bytes: u32): void {
  cursor = from;
  end = from + bytes;
  bad = false;
}

/** Where the next item starts. */
export function readAt(): usize {
  return cursor;
}

/** Moves past `bytes` bytes, the content of a byte string. */
export function readSkip(bytes: u64): void {
  if (bytes > <u64>(end - cursor)) bad = true;
  else cursor += <usize>bytes;
}

/** The value of a head of this major type; 0 and bad when there is none. */
export function readHead(major: u32): u64 {
  if (bad || cursor >= end) return refuse();
  const initial = <u32>load<u8>(cursor++);
  if (initial >> 5 != major) return refuse();
  const info = initial & 31;
  if (info < 24) return info;
  if (info > 27) return refuse();
  const width: u32 = 1 << (info - 24);
  if (width > <u32>(end - cursor)) return refuse();
  let value: u64 = 0;
  for (let i: u32 = 0; i < width; i++) value = (value << 8) | load<u8>(cursor++);
  const least: u64 = width == 1 ? 24 : (<u64>1) << (width << 2);
  if (value < least) return refuse();
  return value;
}

/** Whether everything so far was well formed and nothing is left over. */
export function readEnded(): bool {
  return !bad && cursor == end;
}

/** Whether everything so far was well formed. */
export function readGood(): bool {
  return !bad;
}

function refuse(): u64 {
  bad = true;
  return 0;
}
