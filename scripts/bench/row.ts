/** A line of a table: ours, and beside it what one would otherwise run. */
export type Row = {
  readonly what: string;
  readonly ours: string;
  readonly other?: string;
  readonly otherName?: string;
};

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

export const number = (value: number, unit = ''): string => grouped.format(value) + (unit && ` ${unit}`);

/** Middle of an odd number of measurements. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
