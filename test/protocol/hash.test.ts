/** The published hash vectors are what they claim: the firmware is later held to the same files. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { load } from './vectors.js';

type HashVector = { name: string; hex: string; repeat?: number; value: string };
type HmacVector = { name: string; key: string; hex: string; value: string };

describe('sha256.json', () => {
  test.each(load<HashVector>('sha256'))('$name', ({ hex, repeat, value }) => {
    const hash = createHash('sha256');
    const part = Buffer.from(hex, 'hex');
    for (let i = 0; i < (repeat ?? 1); i++) hash.update(part);
    expect(hash.digest('hex')).toBe(value);
  });
});

describe('hmac.json', () => {
  test.each(load<HmacVector>('hmac'))('$name', ({ key, hex, value }) => {
    const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(Buffer.from(hex, 'hex')).digest('hex');
    expect(mac.slice(0, value.length)).toBe(value);
  });
});
