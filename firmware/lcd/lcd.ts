/**
 * Draws a line of UTF-8 as grey pixels, for boards whose display is a bare panel. Text that is wider than
 * the panel ends in an ellipsis; bytes that are not UTF-8 and letters that the font lacks become a box.
 * A module of its own, so that boards with a real text display do without it: the board copies text to
 * `text()`, calls `show`, and gets the pixels by `blit`. No allocation, no state between calls.
 */
import { CODES, COLUMNS, GLYPH_BOX, GLYPH_ELLIPSIS, GLYPHS, STARTS } from '../../build/lcd/font';
import { blit, LINE_ROWS, PANEL_COLUMNS, ROW_BYTES } from './panel';

const TEXT_BYTES_MAX: u32 = 64;
const pixels = memory.data(1024, 4);
const line_ = memory.data(64);

/** Where the board puts the text. */
export function text(): usize {
  return line_;
}

export function textBytesMax(): u32 {
  return TEXT_BYTES_MAX;
}

/** Draws `bytes` bytes of text as line `line` of the display. */
export function show(line: u32, bytes: u32): void {
  memory.fill(pixels, 0, LINE_ROWS * ROW_BYTES);
  const end = line_ + min(bytes, TEXT_BYTES_MAX);
  const whole = widthTo(end) <= PANEL_COLUMNS;
  const room = whole ? PANEL_COLUMNS : PANEL_COLUMNS - width(GLYPH_ELLIPSIS);
  let pen: u32 = 0;
  at = line_;
  while (at < end) {
    const glyph = nextGlyph(end);
    if (pen + width(glyph) > room) break;
    pen = draw(glyph, pen);
  }
  if (!whole) draw(GLYPH_ELLIPSIS, pen);
  blit(line, pixels);
}

/** Where the next letter starts. */
let at: usize = 0;

function widthTo(end: usize): u32 {
  let columns: u32 = 0;
  at = line_;
  while (at < end) columns += width(nextGlyph(end));
  return columns;
}

function nextGlyph(end: usize): u32 {
  const lead = <u32>load<u8>(at++);
  if (lead < 0x80) return find(lead);
  // The font has nothing beyond three bytes; what claims more is a box, byte by byte.
  if (lead >= 0xc2 && lead < 0xe0 && continues(end, 1)) {
    at++;
    return find(((lead & 0x1f) << 6) | tail(1));
  }
  if (lead >= 0xe0 && lead < 0xf0 && continues(end, 2)) {
    at += 2;
    return find(((lead & 0x0f) << 12) | (tail(2) << 6) | tail(1));
  }
  return GLYPH_BOX;
}

/** Whether `count` continuation bytes follow. */
function continues(end: usize, count: u32): bool {
  if (at + count > end) return false;
  for (let i: u32 = 0; i < count; i++) {
    if ((load<u8>(at + i) & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** Bits of the continuation byte `back` bytes behind. */
function tail(back: u32): u32 {
  return load<u8>(at - back) & 0x3f;
}

/** Binary search: `CODES` ascends. */
function find(code: u32): u32 {
  let low: u32 = 0;
  let high: u32 = GLYPHS;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u16>(CODES + (middle << 1)) < code) low = middle + 1;
    else high = middle;
  }
  return low < GLYPHS && load<u16>(CODES + (low << 1)) === code ? low : GLYPH_BOX;
}

function width(glyph: u32): u32 {
  return load<u16>(STARTS + (glyph << 1), 2) - load<u16>(STARTS + (glyph << 1));
}

/** A column of a glyph is 32 bits: two for each of 16 rows, the top row lowest. Returns the new pen. */
function draw(glyph: u32, pen: u32): u32 {
  let column = COLUMNS + ((<usize>load<u16>(STARTS + (glyph << 1))) << 2);
  for (const end = pen + width(glyph); pen < end; pen++, column += 4) {
    const left = (pen & 1) === 0;
    let greys = load<u32>(column);
    for (let to = pixels + (pen >> 1); greys !== 0; to += ROW_BYTES, greys >>= 2) {
      const level = (greys & 3) * 5;
      store<u8>(to, load<u8>(to) | (left ? level << 4 : level));
    }
  }
  return pen;
}
