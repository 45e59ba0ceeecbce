/** The codec against the published contents, each checked first by a CBOR library that is not ours. */
import { describe, expect, test, vi } from 'vitest';
import { decode, encode } from '../../protocol/codec.js';
import { head, isEventList, leastWidth, type Path, places, write } from './cbor-tree.js';
import {
  bytes,
  type ContentVector,
  decodeStrictly,
  encodeIndependently,
  hex,
  load,
  type RejectVector,
  type Tree,
  tree,
} from './vectors.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const contents = load<ContentVector>('content');
const rejects = load<RejectVector>('reject');
const derived = load<{ name: string; of: string; error: string }>('derived');
const short = contents.filter((vector) => vector.hex.length <= 1200);

describe('content.json', () => {
  test.each(contents)('$name: cborg agrees', ({ hex: text, value }) => {
    expect(decodeStrictly(bytes(text))).toEqual(tree(value));
    expect(hex(encodeIndependently(tree(value)))).toBe(text);
  });

  test.each(contents)('$name: both ways', ({ hex: text, value }) => {
    expect(decode(bytes(text))).toEqual({ kind: 'ok', message: value });
    expect(hex(encode(value))).toBe(text);
  });

  test('names and contents are distinct', () => {
    expect(new Set(contents.map((vector) => vector.name)).size).toBe(contents.length);
    expect(new Set(contents.map((vector) => vector.hex)).size).toBe(contents.length);
  });
});

describe('reject.json', () => {
  test.each(rejects)('$name: $error', ({ hex: text, error }) => {
    expect(decode(bytes(text))).toEqual({ kind: 'rejected', code: error });
  });
});

describe('derived.json, contents', () => {
  const expectAll = (name: string, inputs: Iterable<Uint8Array | number[]>): void => {
    const rule = derived.find((entry) => entry.of === 'content' && entry.name === name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    let count = 0;
    for (const input of inputs) {
      count++;
      const result = decode(Uint8Array.from(input));
      if (result.kind !== 'rejected' || result.code !== rule.error) {
        expect.fail(`${hex(Uint8Array.from(input))}: ${JSON.stringify(result)}, not ${rule.error}`);
      }
    }
    expect(count).toBeGreaterThan(contents.length / 2);
  };

  function* everywhere(
    from: readonly ContentVector[],
    change: (root: Tree, at: Path, value: Tree) => Iterable<number[]>,
  ): Generator<number[]> {
    for (const { value } of from) {
      const root = tree(value);
      for (const place of places(root)) yield* change(root, place.at, place.value);
    }
  }

  test('truncated at every byte', () => {
    expectAll('truncated', prefixes(contents.map((vector) => bytes(vector.hex))));
  });

  test('trailing byte', () => {
    function* inputs(): Generator<number[]> {
      for (const vector of contents.filter((v) => v.name !== 'longest content')) {
        for (let extra = 0; extra < 256; extra++) yield [...bytes(vector.hex), extra];
      }
    }
    expectAll('trailing', inputs());
  });

  test('every integer and length in every wider width', () => {
    const wider = function* (root: Tree, at: Path, value: Tree): Generator<number[]> {
      const number = typeof value === 'number' ? value : value.length;
      for (let width = leastWidth(number) + 1; width <= 3; width++) {
        yield write(root, at, (item, plain) =>
          typeof item === 'number'
            ? head(0, item, width)
            : [...head(4, item.length, width), ...item.flatMap(plain)],
        );
      }
    };
    expectAll('non-minimal', everywhere(short, wider));
  });

  test('every array of indefinite length', () => {
    const indefinite = function* (root: Tree, at: Path, value: Tree): Generator<number[]> {
      if (typeof value === 'number') return;
      yield write(root, at, (item, plain) => [0x9f, ...(item as Tree[]).flatMap(plain), 0xff]);
    };
    expectAll('indefinite', everywhere(short, indefinite));
  });

  test('every integer as something else', () => {
    const others = ['20', '4100', '6130', 'a0', 'c100', 'f4', 'f6', 'f7', 'f90000', 'fa3f800000'];
    const other = function* (root: Tree, at: Path, value: Tree): Generator<number[]> {
      if (typeof value !== 'number') return;
      for (const item of others) yield write(root, at, () => [...bytes(item)]);
    };
    expectAll('wrong type', everywhere(short, other));
  });

  test('the last element of every array twice', () => {
    const twice = function* (root: Tree, at: Path, value: Tree): Generator<number[]> {
      if (typeof value === 'number' || isEventList(root, at)) return;
      yield write(root, at, (item, plain) => plain([...(item as Tree[]), (item as Tree[]).at(-1)!]));
    };
    const shorter = contents.filter((vector) => vector.hex.length <= 600);
    expectAll('repeated field', everywhere(shorter, twice));
  });

  test('the last element of every array left out', () => {
    const without = function* (root: Tree, at: Path, value: Tree): Generator<number[]> {
      if (typeof value === 'number' || isEventList(root, at)) return;
      yield write(root, at, (item, plain) => plain((item as Tree[]).slice(0, -1)));
    };
    expectAll('missing field', everywhere(contents, without));
  });
});

function* prefixes(of: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const whole of of) for (let end = 0; end < whole.length; end++) yield whole.subarray(0, end);
}
