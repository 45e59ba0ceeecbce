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
