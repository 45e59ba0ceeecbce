/** SPEC.md's hex, byte counts, limits and codes are those of the vectors and the code. */
import { readFileSync } from 'node:fs';
import { generate } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import * as k from '../../protocol/constants.js';
import type { TerminalId } from '../../protocol/messages.js';
import { topicOf } from '../../protocol/topic.js';
import {
  type ContentVector,
  load,
  type RejectVector,
  type SealRejectVector,
  type SealVector,
} from './vectors.js';
import { costs } from './wire-cost.js';

const spec = readFileSync(new URL('../../protocol/SPEC.md', import.meta.url), 'utf8');
const limits = new Map<string, number>(Object.entries(k));
const contents = new Map(load<ContentVector>('content').map((vector) => [vector.name, vector.hex]));
const seals = new Map(load<SealVector>('seal').map((vector) => [vector.name, vector.hex]));

/** The hex of an annotated block: in each line, what stands before three spaces. */
function bare(block: string): string {
  return block
    .split('\n')
    .map((line) => line.trim().split('   ')[0]!.replaceAll(' ', ''))
    .join('');
}

/** Cells of the table rows that follow a heading, the head row left out. */
function table(after: string): string[][] {
  const rows = spec.slice(spec.indexOf(after)).split('\n');
  const start = rows.findIndex((row) => /^\| ?---/.test(row));
  const end = rows.findIndex((row, i) => i > start && !row.startsWith('|'));
  return rows.slice(start + 1, end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const blocks = [...spec.matchAll(/```hex (\w+): (.+)\n([\s\S]+?)```/g)].map(([, of, name, block]) => ({
  of: of!,
  name: name!,
  hex: bare(block!),
}));

describe('SPEC.md', () => {
  test('shows every kind of message and event', () => {
    const shown = blocks.map((block) => block.name);
    expect(shown).toEqual(
      expect.arrayContaining([
        'rating',
        'gap',
        'state, online',
        'ack',
        'boot',
        'suppressed, lock-out',
        'totals',
        'overflow',
      ]),
    );
  });

  test.each(blocks)('hex of $of "$name"', ({ of, name, hex }) => {
    expect(hex).toMatch(/^([0-9a-f]{2})+$/);
    if (of === 'seal') expect(hex).toBe(seals.get(name));
    else if (of === 'content') expect(hex).toBe(contents.get(name));
    else expect(contents.get(name)?.endsWith(`81${hex}`)).toBe(true);
  });

  test('the MAC_structure is the one that the seal is computed over', () => {
    const prefix = '84 64 4d414330 43 a10104 42 7570'.split(' ');
    for (const part of prefix) expect(spec).toContain(part);
  });

  test('byte counts', () => {
    expect(Object.fromEntries(table('### 5.6'))).toEqual(costs());
  });

  test('byte counts are within the figures to reach', () => {
    const bytes = costs();
    expect(Number(bytes['rating alone, boot to 255, any event number'])).toBeLessThanOrEqual(48);
    expect(Number(bytes['rating in a batch of 20, up to 10.9 min apart'])).toBeLessThanOrEqual(10);
    expect(Number(bytes['rating in a batch of 20, hours apart'])).toBeLessThanOrEqual(10);
  });

  test('the MQTT packet adds 28 bytes, 29 from a frame of 102 bytes on', () => {
    const topic = topicOf(0x2a1c0b07 as TerminalId, 'up');
    const added = (bytes: number) => {
      const payload = Buffer.alloc(bytes);
      return generate({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }).length - bytes;
    };
    expect([16, 48, 101].map(added)).toEqual([28, 28, 28]);
    expect([102, 200, 658].map(added)).toEqual([29, 29, 29]);
    expect(spec).toContain('adds 28 bytes for topic and head, 29 from a frame of 102 bytes on');
  });

  test('limits', () => {
    const rows = table('## 9. Limits');
    expect(rows.length).toBeGreaterThan(8);
    for (const [, value, names] of rows) {
      const numbers = value!.match(/\d+/g)!.map(Number);
      const constants = [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => limits.get(name!));
      expect(constants, names).toEqual(numbers);
    }
  });

  test('refusal codes: every one that a vector expects is in the table', () => {
    const codes = new Set(table('## 8. Refusal').map(([code]) => code!.replaceAll('`', '')));
    type Exchange = { steps: { error?: string }[] };
    const expected = [
      ...load<RejectVector>('reject').map((vector) => vector.error),
      ...load<SealRejectVector>('seal-reject').map((vector) => vector.error),
      ...load<Exchange>('exchange').flatMap(({ steps }) => steps.flatMap(({ error }) => error ?? [])),
    ];
    for (const code of expected) expect(codes).toContain(code);
    for (const code of codes) {
      if (code !== 'internal_error') expect(expected).toContain(code);
    }
  });

  test('registry', () => {
    expect(table('Kinds:').slice(0, 4)).toEqual([
      [String(k.KIND_BATCH), 'batch'],
      [String(k.KIND_GAP), 'gap'],
      [String(k.KIND_STATE), 'state'],
      [String(k.KIND_ACK), 'acknowledgement'],
    ]);
    const codes = Object.fromEntries(table('Event codes:').map(([code, name]) => [name, code]));
    expect(codes).toMatchObject({
      boot: String(k.EVENT_BOOT),
      rating: `${k.EVENT_RATING_MIN} to ${k.EVENT_RATING_MAX}`,
      suppressed: String(k.EVENT_SUPPRESSED),
      totals: String(k.EVENT_TOTALS),
      overflow: String(k.EVENT_OVERFLOW),
    });
  });
});
