/** The display's picture: 128 x 64 greys, from QEMU's dump and to text that a terminal can show. */

export const COLUMNS = 128;
export const ROWS = 64;
export const GREYS = 16;

/** Greys 0 to 15, row by row. */
export type Picture = Uint8Array;

/** Takes a binary PPM apart; QEMU shows each pixel as a square of several. */
export function pictureOf(ppm: Uint8Array): Picture {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(ppm.subarray(0, 32)).toString('latin1'));
  if (head === null) throw new Error('the screen dump is not a binary PPM');
  const width = Number(head[1]);
  const scale = width / COLUMNS;
  if (!Number.isInteger(scale) || Number(head[2]) !== ROWS * scale) {
    throw new Error(`the screen is ${width} x ${head[2]}, not a multiple of ${COLUMNS} x ${ROWS}`);
  }
  return Uint8Array.from({ length: COLUMNS * ROWS }, (_, i) => {
    const row = Math.floor(i / COLUMNS) * scale;
    const column = (i % COLUMNS) * scale;
    return ppm[head[0].length + (row * width + column) * 3]! >> 4;
  });
}

/** A plain PGM, which people and tools can read and compare line by line. */
export function pgmOf(picture: Picture): string {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    [...picture.subarray(row * COLUMNS, (row + 1) * COLUMNS)].join(' '),
  );
  return `P2\n${COLUMNS} ${ROWS}\n${GREYS - 1}\n${rows.join('\n')}\n`;
}

export function fromPgm(text: string): Picture {
  const [magic, columns, rows, most, ...greys] = text.trim().split(/\s+/);
  if (magic !== 'P2' || Number(columns) !== COLUMNS || Number(rows) !== ROWS || Number(most) !== GREYS - 1) {
    throw new Error('not a picture of the display');
  }
  return Uint8Array.from(greys, Number);
}

/** Bits of a Braille character's dots, two columns by four rows: Unicode, block U+2800. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
/** The font's edges are soft; what is brighter than this is a dot. */
const DOT_MIN = 6;

/** Four rows a line of text, two columns a character: fits windows that the picture's greys do not. */
export function dots(picture: Picture): string[] {
  const bits = (line: number, character: number) =>
    DOTS.flatMap((pair, row) =>
      pair.map((bit, column) => {
        const grey = picture[(line * 4 + row) * COLUMNS + character * 2 + column]!;
        return grey >= DOT_MIN ? bit : 0;
      }),
    ).reduce((all: number, bit) => all | bit, 0);
  return Array.from({ length: ROWS / 4 }, (_, line) =>
    Array.from({ length: COLUMNS / 2 }, (_, i) => String.fromCodePoint(0x2800 + bits(line, i))).join(''),
  );
}

/** Two rows a line of text: the upper one is the colour of a half block, the lower its ground. */
export function halfBlocks(picture: Picture): string[] {
  const colour = (grey: number) => `${grey * 17};${grey * 17};${grey * 17}`;
  return Array.from({ length: ROWS / 2 }, (_, line) => {
    let text = '';
    let last = '';
    for (let column = 0; column < COLUMNS; column++) {
      const upper = colour(picture[line * 2 * COLUMNS + column]!);
      const lower = colour(picture[(line * 2 + 1) * COLUMNS + column]!);
      const style = `\x1b[38;2;${upper}m\x1b[48;2;${lower}m`;
      text += (style === last ? '' : style) + '▀';
      last = style;
    }
    return `${text}\x1b[0m`;
  });
}
