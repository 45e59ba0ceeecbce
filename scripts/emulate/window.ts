/** The terminal as a text window shows it: title, display, lights, keys. Pure: state in, lines out. */
import { COLUMNS, dots, halfBlocks, ROWS } from './picture.js';
import type { View } from './terminal.js';

export type Frame = {
  readonly title: string;
  readonly view: View | null;
  /** What the light of the link says. */
  readonly link: string;
  /** What happened last. */
  readonly status: string;
  readonly notes: readonly string[];
};

export type Size = { readonly columns: number; readonly rows: number };

/** Smallest window: the display in Braille dots, two columns and four rows a character. */
export const COLUMNS_MIN = COLUMNS / 2 + 4;
export const ROWS_MIN = ROWS / 4 + 8;
/** From here on each pixel is half a character. */
const LARGE = { columns: COLUMNS + 4, rows: ROWS / 2 + 8 };
const LIT = '\x1b[1;30;42m';
const DARK = '\x1b[2m';
const PLAIN = '\x1b[0m';

export function frameLines({ title, view, link, status, notes }: Frame, size: Size): string[] {
  const large = size.columns >= LARGE.columns && size.rows >= LARGE.rows;
  const width = large ? COLUMNS : COLUMNS / 2;
  const shown =
    view === null
      ? Array.from({ length: large ? ROWS / 2 : ROWS / 4 }, () => ' '.repeat(width))
      : (large ? halfBlocks : dots)(view.picture);
  const faces = [0, 1, 2, 3, 4].map((i) => `${view?.faces[i] ? LIT : DARK}  ${i + 1}  ${PLAIN}`);
  const online = `${view?.online ? '\x1b[32m' : DARK}● ${link}${PLAIN}`;
  return [
    cut(title, size.columns),
    `┌${'─'.repeat(width + 2)}┐`,
    ...shown.map((line) => `│ ${line} │`),
    `└${'─'.repeat(width + 2)}┘`,
    `  ${faces.join('  ')}    ${online}`,
    cut(status, size.columns),
    ...notes.map((note) => DARK + cut(note, size.columns) + PLAIN),
  ];
}

/** Every letter of the catalogue takes one column, once composed. */
const cut = (line: string, columns: number): string => {
  const letters = [...line.normalize('NFC')];
  return letters.length <= columns ? letters.join('') : `${letters.slice(0, columns - 1).join('')}…`;
};
