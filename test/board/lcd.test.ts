/** The drawing module on its own: which pixels a line of text becomes. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILD_PROGRAMS, boardImage, lacks, root } from './image.js';

const COLUMNS = 128;
const ROWS = 16;

type Lcd = {
  memory: WebAssembly.Memory;
  text(): number;
  textBytesMax(): number;
  show(line: number, bytes: number): void;
};

describe.skipIf(lacks(...BUILD_PROGRAMS))('a line of text [needs wabt, gcc-arm-none-eabi]', () => {
  let lcd: Lcd;
  let shown: { line: number; pixels: Uint8Array };

  beforeAll(async () => {
    await boardImage();
    const module = new WebAssembly.Module(readFileSync(`${root}build/lm3s6965evb/lcd.wasm`));
    const blit = (line: number, at: number) => {
      shown = { line, pixels: new Uint8Array(lcd.memory.buffer).slice(at, at + (ROWS * COLUMNS) / 2) };
    };
    lcd = new WebAssembly.Instance(module, { panel: { blit } }).exports as unknown as Lcd;
  }, 180_000);

  function show(text: string | Uint8Array, line = 0): Uint8Array {
    const bytes = Buffer.from(text as string);
    new Uint8Array(lcd.memory.buffer).set(bytes, lcd.text());
    lcd.show(line, bytes.length);
    return shown.pixels;
  }

  /** Columns from the left up to the last that is not dark. */
  const widthOf = (pixels: Uint8Array) =>
    Math.max(0, ...[...pixels].map((byte, i) => (byte === 0 ? 0 : (i % 64) * 2 + (byte & 15 ? 2 : 1))));

  it('goes to the line asked for, dark where no letter is', () => {
    expect(widthOf(show('', 3))).toBe(0);
    expect(shown.line).toBe(3);
    expect(widthOf(show('i'))).toBeLessThan(widthOf(show('m')));
  });

  it('every Vietnamese letter looks different from every other', () => {
    const vowels = [...'AĂÂEÊIOÔƠUƯYaăâeêioôơuưy'];
    const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];
    const letters = vowels
      .flatMap((vowel) => tones.map((tone) => (vowel + tone).normalize('NFC')))
      .concat('Đ', 'đ', 'D', 'd');
    const pictures = letters.map((letter) => Buffer.from(show(letter)).toString('hex'));
    expect(new Set(pictures).size).toBe(letters.length);
    expect(pictures).not.toContain(Buffer.from(show('\ufffd')).toString('hex'));
  });

  it('marks above and below stay inside the line, whole', () => {
    for (const letter of ['Ế', 'Ậ', 'Ỹ', 'ự', 'ỵ', 'g']) {
      const pixels = show(letter);
      const rows = Array.from({ length: ROWS }, (_, row) =>
        pixels.subarray(row * 64, row * 64 + 64).some(Boolean),
      );
      expect(rows.filter(Boolean).length, letter).toBeGreaterThanOrEqual(9);
    }
  });

  it('too wide, it ends in an ellipsis inside the panel', () => {
    const long = show('Bộ phận Một cửa huyện Văn Quan số 1');
    const ellipsis = widthOf(show('…'));
    expect(widthOf(long)).toBeGreaterThan(COLUMNS - 20);
    const whole = show('Bộ phận Một cửa huyện');
    expect(Buffer.compare(whole, long)).not.toBe(0);
    expect(ellipsis).toBeGreaterThan(0);
  });

  const strange: [string, number[]][] = [
    ['a lone continuation byte', [0x80]],
    ['a sequence cut off by the end', [0xe1, 0xba]],
    ['a lead byte followed by a letter', [0xc3, 0x41]],
    ['a letter the font lacks', [0xe6, 0x97, 0xa5]],
    ['four bytes of emoji', [0xf0, 0x9f, 0x98, 0x80]],
    ['bytes that no text has', [0xff, 0xfe]],
  ];
  it.each(strange)('%s becomes a box, never a trap', (_name, bytes) => {
    const box = widthOf(show('\ufffd'));
    expect(widthOf(show(Uint8Array.from(bytes)))).toBeGreaterThanOrEqual(box);
  });

  it('any bytes at all are drawn without a trap', () => {
    for (let seed = 0; seed < 500; seed++) {
      const bytes = Uint8Array.from(
        { length: 64 },
        (_, i) => Math.imul(seed * 64 + i + 1, 0x9e3779b1) >>> 24,
      );
      expect(widthOf(show(bytes))).toBeLessThanOrEqual(COLUMNS);
    }
  });
});
