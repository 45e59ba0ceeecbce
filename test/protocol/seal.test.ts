/** Frames against the published ones, each checked by a COSE library that is not ours (cose-js). */
import { createRequire } from 'node:module';
import { describe, expect, test, vi } from 'vitest';
import { open, seal } from '../../protocol/seal.js';
import { bytes, hex, load, type SealRejectVector, type SealVector } from './vectors.js';

// Much work on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 120_000 });

type CoseMac = {
  create(headers: object, payload: Buffer, key: object, aad: Buffer, options: object): Promise<Buffer>;
  read(frame: Buffer, key: Buffer, aad: Buffer, options: object): Promise<Buffer>;
};
const cose = createRequire(import.meta.url)('cose-js') as { mac: CoseMac };

const seals = load<SealVector>('seal');
const rejects = load<SealRejectVector>('seal-reject');
const derived = load<{ name: string; of: string }>('derived').filter((rule) => rule.of === 'frame');

describe('seal.json', () => {
  test.each(seals)('$name: cose-js seals and opens the same', async (vector) => {
    const key = Buffer.from(vector.key, 'hex');
    const aad = Buffer.from(vector.direction);
    const payload = Buffer.from(vector.value, 'hex');
    const made = await cose.mac.create({ p: { alg: 'SHA-256_64' } }, payload, { key }, aad, {
      excludetag: true,
    });
    expect(made.toString('hex')).toBe(vector.hex);
    const read = await cose.mac.read(Buffer.from(vector.hex, 'hex'), key, aad, { defaultType: 17 });
    expect(read.toString('hex')).toBe(vector.value);
  });

  test.each(seals)('$name: both ways', ({ key, direction, hex: frame, value }) => {
    expect(hex(seal(bytes(key), direction, bytes(value)))).toBe(frame);
    const opened = open(bytes(key), direction, bytes(frame));
    if (opened.kind !== 'ok') expect.fail(opened.code);
    expect(hex(opened.content)).toBe(value);
    expect(opened.echo).toBe(Number.parseInt(frame.slice(-16, -8), 16));
  });

  test('a frame inside a larger buffer opens the same', () => {
    const { key, direction, hex: frame, value } = seals[0]!;
    const around = bytes(`ffff${frame}ffff`);
    const opened = open(bytes(key), direction, around.subarray(2, around.length - 2));
    expect(opened.kind === 'ok' && hex(opened.content)).toBe(value);
  });
});

describe('seal-reject.json', () => {
  test.each(rejects)('$name: $error', ({ key, direction, hex: frame, error }) => {
    expect(open(bytes(key), direction, bytes(frame))).toEqual({ kind: 'rejected', code: error });
  });
});

describe('derived.json, frames', () => {
  const opens = (vector: SealVector, frame: Uint8Array, key = bytes(vector.key)) => {
    const opened = open(key, vector.direction, frame);
    return opened.kind === 'ok' ? 'ok' : opened.code;
  };

  test('this file carries out every rule', () => {
    const rules = derived.map((rule) => rule.name).sort();
    expect(rules).toEqual(['flipped bit', 'other key', 'reflection', 'trailing', 'truncated']);
  });

  test.each(seals)('$name: truncated, trailing', (vector) => {
    const frame = bytes(vector.hex);
    for (let end = 0; end < frame.length; end++) {
      expect(opens(vector, frame.subarray(0, end))).toBe('truncated');
    }
    for (const extra of [0, 0x48, 0xf6, 0xff]) {
      expect(opens(vector, Uint8Array.of(...frame, extra))).toBe('trailing');
    }
  });

  test.each(seals)('$name: no bit can be flipped', (vector) => {
    const frame = bytes(vector.hex);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      frame[bit >> 3]! ^= 1 << (bit & 7);
      if (opens(vector, frame) === 'ok') expect.fail(`bit ${bit}`);
      frame[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(opens(vector, frame)).toBe('ok');
  });

  test.each(seals)('$name: reflection', (vector) => {
    for (const direction of ['up', 'down', 'state'] as const) {
      if (direction === vector.direction) continue;
      expect(opens({ ...vector, direction }, bytes(vector.hex))).toBe('bad_tag');
    }
  });

  test.each(seals)('$name: no other key', (vector) => {
    const key = bytes(vector.key);
    for (let bit = 0; bit < 256; bit++) {
      key[bit >> 3]! ^= 1 << (bit & 7);
      if (opens(vector, bytes(vector.hex), key) !== 'bad_tag') expect.fail(`bit ${bit}`);
      key[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});
