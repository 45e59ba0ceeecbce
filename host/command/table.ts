/**
 * Tables for a terminal of 80 columns. Pads by what is seen, not by code units: Vietnamese letters are
 * one column each in NFC, and text that arrives decomposed carries marks of no width.
 */

const MARKS = /\p{Mn}/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

export function displayWidth(text: string): number {
  const seen = text.normalize('NFC').replace(MARKS, '');
  return [...seen].length + (seen.match(WIDE)?.length ?? 0);
}

/** Cuts to `width` columns, marking the cut. */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  for (const letter of text.normalize('NFC')) {
    if (displayWidth(kept + letter) > width - 1) break;
    kept += letter;
  }
  return kept.trimEnd() + '…';
}

export type Column = { readonly title: string; readonly align: 'left' | 'right' };

/** Lines of a table; the first column gives way so that no line is longer than `width`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = 80,
): string[] {
  const all = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => displayWidth(row[i] ?? ''))));
  const others = widths.slice(1).reduce((sum, one) => sum + one + 2, 0);
  widths[0] = Math.max(8, Math.min(widths[0]!, width - others));
  const line = (row: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const cell = clip(row[i] ?? '', widths[i]!);
        const space = ' '.repeat(Math.max(0, widths[i]! - displayWidth(cell)));
        return align === 'left' ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(
    Math.min(
      width,
      widths.reduce((sum, one) => sum + one + 2, -2),
    ),
  );
  return [line(all[0]!), rule, ...rows.map(line)];
}
