/**
 * The display's font, made at build time from the letters of Roboto Condensed that terminals use, as
 * static data for firmware/lcd in build/lcd. Four greys make a proportional face of some 13 pixels readable where two
 * would break the stacked marks of Vietnamese.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype from 'opentype.js';

const root = new URL('../..', import.meta.url);
const FACE = '@expo-google-fonts/roboto-condensed/500Medium/RobotoCondensed_500Medium.ttf';
const EM_PIXELS = 12.5;
const ROWS = 16;
/** Rows above the base line: what the tallest stack of marks needs. */
const ASCENT_ROWS = 13;
/** Scan lines a pixel. */
const SAMPLES = 8;
const GREYS = 3;
const PANEL_COLUMNS = 128;

const VOWELS = 'AĂÂEÊIOÔƠUƯY';
const TONES = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];
const BOX = '\ufffd';
const ELLIPSIS = '…';

/** ASCII, the whole Vietnamese alphabet, punctuation of names, and whatever the terminal's texts have. */
function letters() {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  const upper = [...VOWELS].flatMap((vowel) => TONES.map((tone) => (vowel + tone).normalize('NFC')));
  const vietnamese = [...upper, 'Đ'].flatMap((letter) => [letter, letter.toLowerCase()]);
  const texts = Object.values(catalogue()).flatMap(({ vi, en }) => [...(vi + en).normalize('NFC')]);
  const all = [...ascii, ...vietnamese, ...texts, ...'·–—‘’“”°', ELLIPSIS, BOX];
  return [...new Set(all)].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
}

function catalogue() {
  return JSON.parse(readFileSync(new URL('protocol/catalogue/terminal.json', root), 'utf8'));
}

function openFace() {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(FACE));
  return opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** A closed outline of straight edges in pixels, y down. */
function edges(commands) {
  const found = [];
  let start = [0, 0];
  let pen = [0, 0];
  const to = (x, y) => {
    found.push([pen, [x, y]]);
    pen = [x, y];
  };
  for (const { type, x, y, x1, y1 } of commands) {
    if (type === 'M') start = pen = [x, y];
    else if (type === 'L') to(x, y);
    else if (type === 'Q') {
      const [x0, y0] = pen;
      for (let i = 1; i <= 8; i++) {
        const t = i / 8;
        const u = 1 - t;
        to(u * u * x0 + 2 * u * t * x1 + t * t * x, u * u * y0 + 2 * u * t * y1 + t * t * y);
      }
    } else if (type === 'Z') to(...start);
    else throw new Error(`outline command ${type} is not expected in this face`);
  }
  return found;
}

/** Where the outline crosses a horizontal line, from left to right, with the winding's change there. */
function crossings(outline, y) {
  return outline
    .filter(([[, y1], [, y2]]) => y1 <= y !== y2 <= y)
    .map(([[x1, y1], [x2, y2]]) => [x1 + ((y - y1) / (y2 - y1)) * (x2 - x1), y2 > y1 ? 1 : -1])
    .sort((a, b) => a[0] - b[0]);
}

/** Covered length of each pixel of a line, by non-zero winding. */
function coverage(outline, y, columns) {
  const covered = new Array(columns).fill(0);
  let winding = 0;
  let from = 0;
  for (const [x, change] of crossings(outline, y)) {
    for (let i = 0; winding !== 0 && i < columns; i++) {
      covered[i] += Math.max(0, Math.min(i + 1, x) - Math.max(i, from));
    }
    winding += change;
    from = x;
  }
  return covered;
}

/** Greys of one row of pixels. */
function greyRow(outline, row, columns) {
  const lines = Array.from({ length: SAMPLES }, (_, i) =>
    coverage(outline, row + (i + 0.5) / SAMPLES, columns),
  );
  return lines[0].map((_, column) =>
    Math.round((GREYS * lines.reduce((sum, line) => sum + line[column], 0)) / SAMPLES),
  );
}

/** Columns of a glyph: 32 bits, two for each of 16 rows, the top row lowest. */
function columnsOf(face, letter) {
  if (letter === BOX) return [0, 0x0ffffc00, 0x0c000c00, 0x0c000c00, 0x0c000c00, 0x0ffffc00, 0];
  const glyph = face.charToGlyph(letter);
  if (glyph.index === 0) throw new Error(`the face has no "${letter}"`);
  const outline = edges(glyph.getPath(0, ASCENT_ROWS, EM_PIXELS).commands);
  const columns = Math.max(1, Math.round((glyph.advanceWidth * EM_PIXELS) / face.unitsPerEm));
  const rows = Array.from({ length: ROWS }, (_, row) => greyRow(outline, row, columns));
  return Array.from({ length: columns }, (_, column) =>
    // Arithmetic, not shifts: the sixteenth row would be the sign.
    rows.reduce((bits, row, i) => bits + row[column] * 4 ** i, 0),
  );
}

/** A message that the panel would cut is a mistake in the catalogue, not a matter for the ellipsis. */
function checkTexts(widths) {
  const room = { 'terminal.waiting': PANEL_COLUMNS - 10 * widths.get('0') };
  for (const [key, texts] of Object.entries(catalogue())) {
    for (const text of Object.values(texts)) {
      const columns = [...text.normalize('NFC')].reduce((sum, letter) => sum + widths.get(letter), 0);
      if (columns > (room[key] ?? PANEL_COLUMNS))
        throw new Error(`${key}: "${text}" is ${columns} pixels wide`);
    }
  }
}

export function generateFont() {
  const face = openFace();
  const codes = letters();
  const glyphs = codes.map((letter) => columnsOf(face, letter));
  checkTexts(new Map(codes.map((letter, i) => [letter, glyphs[i].length])));
  const starts = [0];
  for (const columns of glyphs) starts.push(starts.at(-1) + columns.length);
  const data = (type, values) => `memory.data<${type}>([${values.join(', ')}]);`;
  const lines = [
    '/** Generated by scripts/board/font.mjs. */',
    `export const GLYPHS: u32 = ${codes.length};`,
    `export const GLYPH_BOX: u32 = ${codes.indexOf(BOX)};`,
    `export const GLYPH_ELLIPSIS: u32 = ${codes.indexOf(ELLIPSIS)};`,
    '/** Code points, ascending. */',
    `export const CODES = ${data(
      'u16',
      codes.map((letter) => letter.codePointAt(0)),
    )}`,
    '/** First column of each glyph, and where the last one ends. */',
    `export const STARTS = ${data('u16', starts)}`,
    `export const COLUMNS = ${data('u32', glyphs.flat())}`,
  ];
  mkdirSync(new URL('build/lcd', root), { recursive: true });
  writeFileSync(new URL('build/lcd/font.ts', root), `${lines.join('\n')}\n`);
}
