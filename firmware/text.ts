/** A small place to put a line of text together: bytes, numbers, hex digits. One at a time. */
const buffer = memory.data(128);
let used: u32 = 0;

export function textStart(): void {
  used = 0;
}

/** Appends; what does not fit is left out, whole characters only as callers give whole pieces. */
export function textBytes(from: usize, bytes: u32): void {
  if (used + bytes > 128) return;
  memory.copy(buffer + used, from, bytes);
  used += bytes;
}

/** Appends a piece of static text: a length byte, then its UTF-8. */
export function textPiece(piece: usize): void {
  textBytes(piece + 1, load<u8>(piece));
}

export function textNumber(value: u32): void {
  const end = buffer + 124;
  let at = end;
  do {
    store<u8>(--at, <u8>(48 + (value % 10)));
    value /= 10;
  } while (value > 0);
  textBytes(at, <u32>(end - at));
}

export function textHex(value: u32): void {
  for (let shift: i32 = 28; shift >= 0; shift -= 4) textDigit((value >> <u32>shift) & 15);
}

export function textDigit(digit: u32): void {
  if (used >= 128) return;
  store<u8>(buffer + used++, <u8>(digit < 10 ? 48 + digit : 87 + digit));
}

export function textAt(): usize {
  return buffer;
}

export function textLength(): u32 {
  return used;
}
