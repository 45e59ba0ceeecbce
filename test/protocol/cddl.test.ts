/** hailong.cddl, the vectors and the codec say the same: whatever one accepts, the others do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { decode, encode } from '../../protocol/codec.js';
import * as k from '../../protocol/constants.js';
import { write } from './cbor-tree.js';
import { Schema } from './cddl-check.js';
import { drawMessage, Random } from './random.js';
import {
  bytes,
  type ContentVector,
  decodeStrictly,
  encodeIndependently,
  hex,
  load,
  type RejectVector,
  type SealRejectVector,
  type SealVector,
  type Tree,
  tree,
} from './vectors.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const schema = new Schema(fileURLToPath(new URL('../../protocol/hailong.cddl', import.meta.url)));

/** The bytes' value if they are core deterministic CBOR, else undefined: neither step is our code. */
function canonical(data: Uint8Array): unknown {
  try {
    const value = decodeStrictly(data);
    return hex(encodeIndependently(value)) === hex(data) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What hailong.cddl's header says it cannot express. */
function related(data: Uint8Array, value: unknown): boolean {
  if (data.length > k.CONTENT_BYTES_MAX) return false;
  const [kind, , , third, fourth, , sent, events] = value as number[] & Tree[];
  if (kind === k.KIND_GAP) return (fourth as number) >= (third as number);
  if (kind !== k.KIND_BATCH) return true;
  if (Array.isArray(sent) && (sent[0] as number) <= (third as number)) return false;
  return (fourth as number) + (events as Tree[]).length - 1 <= k.U32_MAX;
}

function allowed(data: Uint8Array): boolean {
  const value = canonical(data);
  return value !== undefined && schema.conforms('content', value) && related(data, value);
}

describe('hailong.cddl', () => {
  test.each(load<ContentVector>('content'))('$name conforms', ({ hex: text }) => {
    expect(schema.conforms('content', decodeStrictly(bytes(text)))).toBe(true);
  });

  test.each(load<RejectVector>('reject'))('$name does not', ({ hex: text }) => {
    expect(allowed(bytes(text))).toBe(false);
  });

  test('the schema alone refuses what is wrong with the schema alone', () => {
    // Not by way of a decoder error: these are well-formed, deterministic CBOR.
    const wellFormed = load<RejectVector>('reject').filter(
      (vector) => canonical(bytes(vector.hex)) !== undefined,
    );
    const excused = [
      'gap backwards',
      'events past 2^32-1',
      'sent in the same boot as an array',
      'sent in an earlier boot',
    ];
    expect(wellFormed.length).toBeGreaterThan(50);
    for (const vector of wellFormed) {
      const conforms = schema.conforms('content', decodeStrictly(bytes(vector.hex)));
      expect({ name: vector.name, conforms }).toEqual({
        name: vector.name,
        conforms: excused.includes(vector.name),
      });
    }
  });

  test.each(load<SealVector>('seal'))('frame "$name" conforms', ({ hex: text }) => {
    expect(schema.conforms('frame', decodeStrictly(bytes(text)))).toBe(true);
  });

  test('frames of another shape do not', () => {
    const shape = load<SealRejectVector>('seal-reject').filter((vector) => vector.error === 'bad_frame');
    expect(shape.length).toBeGreaterThan(5);
    for (const vector of shape) {
      const value = canonical(bytes(vector.hex));
      // alg HMAC 256/256 differs only inside the byte string that CDDL gives a length.
      if (value === undefined || vector.name === 'alg HMAC 256/256') continue;
      expect({ name: vector.name, conforms: schema.conforms('frame', value) }).toEqual({
        name: vector.name,
        conforms: false,
      });
    }
  });

  test('the codec accepts exactly what schema and deterministic encoding allow', () => {
    const random = new Random(8610);
    let accepted = 0;
    for (let i = 0; i < 30_000; i++) {
      const data = Uint8Array.from(write(changed(random, tree(drawMessage(random)))));
      const ok = decode(data).kind === 'ok';
      if (ok !== allowed(data)) expect.fail(`${hex(data)}: the codec says ${ok}`);
      if (ok) accepted++;
    }
    expect(accepted).toBeGreaterThan(3_000);
    expect(accepted).toBeLessThan(27_000);
  });

  test('every event drawn is reached through the schema too', () => {
    const random = new Random(9052);
    for (let i = 0; i < 3_000; i++) {
      const data = encode(drawMessage(random));
      if (data.length <= k.CONTENT_BYTES_MAX) expect(allowed(data)).toBe(true);
    }
  });
});

describe('the checker itself', () => {
  test('throws on what it does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cddl-'));
    const file = join(folder, 'unknown.cddl');
    const check = (text: string, value: unknown) => {
      writeFileSync(file, `${text}\n`);
      return () => new Schema(file).conforms('a', value);
    };
    try {
      expect(check('a = tstr', 'x')).toThrow(/not known/);
      expect(check('a = 1...4', 2)).toThrow(/not known/);
      expect(check('a = [* b: 1..4, c: 1..4]', [1, 2])).toThrow(/not known/);
      expect(check('a = {b: 1}', new Map())).toThrow(/not known/);
      expect(check('a = bstr .size (1..4)', bytes('00'))()).toBe(true);
      expect(check('a = [1*2 b: 1..4]', [])()).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** One number or one array of the tree made different, still well-formed. */
function changed(random: Random, root: Tree): Tree {
  const copy = structuredClone(root);
  let at = copy as Tree[];
  for (let depth = random.below(4); depth > 0; depth--) {
    const inside = at.filter((item): item is Tree[] => Array.isArray(item));
    if (inside.length > 0) at = random.pick(inside);
  }
  const i = random.below(at.length);
  switch (random.below(6)) {
    case 0:
      at.splice(i, 1);
      break;
    case 1:
      at.splice(i, 0, random.uint(0, 12));
      break;
    case 2:
      at[i] = random.uint(0, k.UPTIME_CS_MAX + 1);
      break;
    case 3:
      at[i] = random.below(9);
      break;
    case 4:
      at[i] = [random.uint(0, 40), random.uint(0, 40)];
      break;
    default:
      break;
  }
  return copy;
}
