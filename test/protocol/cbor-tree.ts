/**
 * A CBOR writer that can write wrongly on purpose: one place of a tree in a wider integer, with
 * another length, as another type. Only hostile-input tests use it.
 */
import type { Tree } from './vectors.js';

/** Where in the tree: indices from the root. */
export type Path = readonly number[];

/** Writes one item instead of the plain encoding; `plain` writes it as it should be. */
export type Twist = (value: Tree, plain: (value: Tree) => number[]) => number[];

export function head(major: number, value: number, widthLog2 = leastWidth(value)): number[] {
  if (widthLog2 < 0) return [(major << 5) | value];
  const out = [(major << 5) | (24 + widthLog2)];
  for (let i = 2 ** widthLog2 - 1; i >= 0; i--) out.push(Math.floor(value / 256 ** i) % 256);
  return out;
}

/** Log2 of the bytes after the initial one; -1 for none. */
export function leastWidth(value: number): number {
  if (value < 24) return -1;
  return value < 2 ** 8 ? 0 : value < 2 ** 16 ? 1 : value < 2 ** 32 ? 2 : 3;
}

export function write(value: Tree, at?: Path, twist?: Twist): number[] {
  const plain = (item: Tree): number[] =>
    typeof item === 'number' ? head(0, item) : [...head(4, item.length), ...item.flatMap((x) => plain(x))];
  if (at === undefined || twist === undefined) return plain(value);
  if (at.length === 0) return twist(value, plain);
  if (typeof value === 'number') throw new Error('path leads into a number');
  const [index, ...rest] = at;
  return [
    ...head(4, value.length),
    ...value.flatMap((item, i) => (i === index ? write(item, rest, twist) : plain(item))),
  ];
}

/** Every place of the tree, root first. */
export function* places(value: Tree, at: Path = []): Generator<{ at: Path; value: Tree }> {
  yield { at, value };
  if (typeof value === 'number') return;
  for (const [i, item] of value.entries()) yield* places(item, [...at, i]);
}

/** Whether the place is the list of events of a batch: there a repeated element is another event. */
export function isEventList(root: Tree, at: Path): boolean {
  return Array.isArray(root) && root[0] === 1 && at.length === 1 && at[0] === 7;
}
