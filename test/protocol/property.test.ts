/** Seeded properties of the codec: round trip, agreement with cbor-x, and survival of mutation. */
import { Encoder } from 'cbor-x';
import { describe, expect, test, vi } from 'vitest';
import { decode, encode } from '../../protocol/codec.js';
import * as k from '../../protocol/constants.js';
import { open, seal } from '../../protocol/seal.js';
import { drawMessage, Random } from './random.js';
import { bytes, type ContentVector, hex, load, type RejectVector, type SealVector, tree } from './vectors.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

const cborX = new Encoder({ useRecords: false, mapsAsObjects: false });

/** cbor-x writes a number from 2^32 as a float; as a bigint it writes an integer. */
const asIntegers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asIntegers);
  return typeof value === 'number' && value >= 2 ** 32 ? BigInt(value) : value;
};

const asNumbers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asNumbers);
  return typeof value === 'bigint' ? Number(value) : value;
};

describe('round trip', () => {
  test('what is drawn comes back', () => {
    const random = new Random(1);
    for (let i = 0; i < 20_000; i++) {
      const message = drawMessage(random);
      const data = encode(message);
      if (data.length > k.CONTENT_BYTES_MAX) {
        expect(decode(data)).toEqual({ kind: 'rejected', code: 'too_long' });
      } else {
        expect(decode(data)).toEqual({ kind: 'ok', message });
      }
    }
  });

  test('cbor-x decodes the same and writes the same bytes', () => {
    const random = new Random(2);
    for (let i = 0; i < 5_000; i++) {
      const message = drawMessage(random);
      const data = encode(message);
      const seen = asNumbers(cborX.decode(data));
      expect(seen).toEqual(tree(message));
      expect(hex(cborX.encode(asIntegers(seen)))).toBe(hex(data));
    }
  });
});

describe('mutation', () => {
  const corpus = [
    ...load<ContentVector>('content').map((vector) => bytes(vector.hex)),
    ...load<RejectVector>('reject').map((vector) => bytes(vector.hex)),
  ].filter((data) => data.length > 0);

  test('200,000 damaged contents: no throw, and what is accepted re-encodes to the same bytes', () => {
    const random = new Random(3);
    let accepted = 0;
    for (let i = 0; i < 200_000; i++) {
      const data = mutate(random, random.pick(corpus), corpus);
      const result = decode(data);
      if (result.kind !== 'ok') continue;
      accepted++;
      if (hex(encode(result.message)) !== hex(data)) expect.fail(`not the one encoding: ${hex(data)}`);
    }
    // Neither everything nor nothing: the mutations reach past the first byte.
    expect(accepted).toBeGreaterThan(5_000);
    expect(accepted).toBeLessThan(150_000);
  });

  test('what is accepted after damage, cbor-x re-encodes to the same bytes too', () => {
    const random = new Random(4);
    let accepted = 0;
    while (accepted < 3_000) {
      const data = mutate(random, random.pick(corpus), corpus);
      if (decode(data).kind !== 'ok') continue;
      accepted++;
      expect(hex(cborX.encode(asIntegers(asNumbers(cborX.decode(data)))))).toBe(hex(data));
    }
  });

  test('20,000 random byte strings: no throw, none accepted as a frame', () => {
    const random = new Random(5);
    const key = new Uint8Array(k.KEY_BYTES);
    for (let i = 0; i < 20_000; i++) {
      const data = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
      decode(data);
      expect(open(key, 'up', data).kind).toBe('rejected');
    }
  });

  test('20,000 damaged frames: no throw, opened only if unharmed', () => {
    const random = new Random(6);
    const seals = load<SealVector>('seal');
    for (let i = 0; i < 20_000; i++) {
      const vector = random.pick(seals);
      const whole = bytes(vector.hex);
      const data = mutate(random, whole, [whole]);
      const opened = open(bytes(vector.key), vector.direction, data);
      expect(opened.kind === 'ok').toBe(hex(data) === vector.hex);
    }
  });

  test('random content inside a good seal is refused or is the one encoding', () => {
    const random = new Random(7);
    const key = bytes('11'.repeat(k.KEY_BYTES));
    for (let i = 0; i < 5_000; i++) {
      const content = mutate(random, random.pick(corpus), corpus).subarray(0, k.CONTENT_BYTES_MAX);
      const opened = open(key, 'up', seal(key, 'up', content));
      if (opened.kind !== 'ok') expect.fail(opened.code);
      expect(hex(opened.content)).toBe(hex(content));
    }
  });
});

function mutate(random: Random, from: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
  let data = [...from];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(Math.max(data.length, 1));
    switch (random.below(7)) {
      case 0:
        if (data.length > 0) data[at]! ^= 1 << random.below(8);
        break;
      case 1:
        data[at] = random.below(256);
        break;
      case 2:
        data.splice(at, 1 + random.below(4));
        break;
      case 3:
        data.splice(at, 0, random.below(256));
        break;
      case 4:
        data = data.slice(0, at);
        break;
      case 5: {
        const other = random.pick(corpus);
        data = [...data.slice(0, at), ...other.subarray(random.below(other.length))];
        break;
      }
      default:
        // A small number for another one: the damage most likely to pass.
        if (data.length > 0 && data[at]! < 24) data[at] = random.below(24);
        break;
    }
  }
  return Uint8Array.from(data);
}
