/** The host's own HMAC against the published vectors and against node:crypto. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HmacKey } from '../../protocol/hmac.js';
import { open, SealKey, seal } from '../../protocol/seal.js';

type Vector = { name: string; key: string; hex: string; value: string };

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (from: Uint8Array) => Buffer.from(from).toString('hex');
const vectors = JSON.parse(
  readFileSync(new URL('../../protocol/vectors/hmac.json', import.meta.url), 'utf8'),
) as Vector[];

describe('HMAC-SHA-256', () => {
  const usable = vectors.filter(({ key }) => key.length <= 128);
  it.each(usable.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const message = bytes(vector.hex);
    for (const cut of [0, 1, message.length >> 1, message.length]) {
      const tag = new HmacKey(bytes(vector.key)).tag(message.subarray(0, cut), message.subarray(cut), 32);
      expect(hex(tag).startsWith(vector.value)).toBe(true);
    }
  });

  it('agrees with node:crypto at every length around its blocks and its buffer', () => {
    const stream = (seed: string, length: number) => {
      let out = Buffer.alloc(0);
      while (out.length < length)
        out = Buffer.concat([out, createHash('sha256').update(`${seed}${out.length}`).digest()]);
      return out.subarray(0, length);
    };
    const lengths = [...Array.from({ length: 400 }, (_, i) => i), 959, 960, 961, 1_023, 1_024, 5_000, 70_000];
    for (const length of lengths) {
      const key = stream(`key ${length}`, length % 65);
      const message = stream('message', length);
      const expected = createHmac('sha256', key).update(message).digest('hex');
      expect(hex(new HmacKey(key).tag(new Uint8Array(), message, 32)), `${length}`).toBe(expected);
    }
  });

  it('refuses a key longer than a block, which it would have to hash', () => {
    expect(() => new HmacKey(new Uint8Array(65))).toThrow(RangeError);
  });

  it('seals alike with a key made ready, though its bytes are wiped after', () => {
    const plain = new Uint8Array(32).map((_, i) => i * 7);
    const own = plain.slice();
    const ready = new SealKey(own);
    for (const length of [0, 23, 24, 255, 256, 640]) {
      const content = new Uint8Array(length).fill(length);
      const frame = seal(plain, 'up', content);
      own.fill(0);
      expect(hex(seal(ready, 'up', content))).toBe(hex(frame));
      expect(open(ready, 'up', frame).kind).toBe('ok');
      expect(open(ready, 'down', frame).kind).toBe('rejected');
    }
  });
});
