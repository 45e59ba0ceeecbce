/** How the limits of constants.ts relate, and what a rating costs on the wire. */
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../protocol/codec.js';
import * as k from '../../protocol/constants.js';
import type { Batch, Event, LogId, Message, Seq, TerminalId, UptimeCs } from '../../protocol/messages.js';
import { open, seal } from '../../protocol/seal.js';
import { drawEvent, Random } from './random.js';
import { batchOf, eventBytes, frameBytes, WIDEST } from './wire-cost.js';

const U32 = k.U32_MAX;

describe('event length', () => {
  test('the widest overflow event is EVENT_BYTES_MAX', () => {
    expect(eventBytes(WIDEST.overflow)).toBe(k.EVENT_BYTES_MAX);
  });

  test('no event is longer', () => {
    for (const event of Object.values(WIDEST))
      expect(eventBytes(event)).toBeLessThanOrEqual(k.EVENT_BYTES_MAX);
    const random = new Random(56);
    for (let i = 0; i < 5_000; i++) {
      expect(eventBytes(drawEvent(random))).toBeLessThanOrEqual(k.EVENT_BYTES_MAX);
    }
  });
});

describe('content length', () => {
  const widest = (events: readonly Event[]): Batch => ({
    kind: 'batch',
    terminal: U32 as TerminalId,
    log: U32 as LogId,
    boot: U32 - 1,
    first: (U32 - 31) as Seq,
    base: k.UPTIME_CS_MAX as UptimeCs,
    sent: { boot: U32, uptime: k.UPTIME_CS_MAX as UptimeCs },
    events,
  });

  test('a full batch of ratings fits, every number at its widest', () => {
    const data = encode(widest(Array(k.BATCH_EVENTS_MAX).fill(WIDEST.rating)));
    expect(data.length).toBeLessThanOrEqual(k.CONTENT_BYTES_MAX);
    expect(decode(data).kind).toBe('ok');
  });

  test('ten events of any kind fit, every number at its widest; thirty-two do not', () => {
    expect(encode(widest(Array(10).fill(WIDEST.overflow))).length).toBeLessThanOrEqual(k.CONTENT_BYTES_MAX);
    const full = encode(widest(Array(k.BATCH_EVENTS_MAX).fill(WIDEST.overflow)));
    expect(decode(full)).toEqual({ kind: 'rejected', code: 'too_long' });
  });

  test('one event more than BATCH_EVENTS_MAX is refused though it fits', () => {
    const events = Array(k.BATCH_EVENTS_MAX + 1).fill({ delta: 0, kind: 'rating', scale: 5, level: 5 });
    const data = encode({ ...batchOf(events), first: 1 as Seq });
    expect(data.length).toBeLessThan(k.CONTENT_BYTES_MAX);
    expect(decode(data)).toEqual({ kind: 'rejected', code: 'wrong_length' });
  });
});

describe('frame length', () => {
  const key = new Uint8Array(k.KEY_BYTES);

  test('the longest content makes a frame within FRAME_BYTES_MAX, with no room to spare for another', () => {
    const frame = seal(key, 'up', new Uint8Array(k.CONTENT_BYTES_MAX));
    expect(frame.length).toBe(k.CONTENT_BYTES_MAX + 18);
    expect(frame.length).toBeLessThanOrEqual(k.FRAME_BYTES_MAX);
    expect(open(key, 'up', frame).kind).toBe('ok');
    expect(open(key, 'up', new Uint8Array(k.FRAME_BYTES_MAX + 1))).toEqual({
      kind: 'rejected',
      code: 'too_long',
    });
  });

  test('framing is 16 bytes to 23 of content, 17 to 255, then 18', () => {
    for (const [content, framing] of [
      [0, 16],
      [23, 16],
      [24, 17],
      [255, 17],
      [256, 18],
      [640, 18],
    ] as const) {
      expect(seal(key, 'up', new Uint8Array(content)).length).toBe(content + framing);
    }
  });

  test('every message for a terminal fits DOWN_BYTES_MAX', () => {
    const ack: Message = {
      kind: 'ack',
      terminal: U32 as TerminalId,
      log: U32 as LogId,
      committed: U32 as Seq,
      echo: U32,
    };
    expect(frameBytes(ack)).toBeLessThanOrEqual(k.DOWN_BYTES_MAX);
    expect(k.DOWN_BYTES_MAX).toBeLessThan(k.FRAME_BYTES_MAX);
  });
});

describe('numbers', () => {
  test('are what their names say', () => {
    expect(k.U32_MAX).toBe(2 ** 32 - 1);
    expect(k.UPTIME_CS_MAX).toBe(2 ** 40 - 1);
    expect(k.ECHO_BYTES).toBeLessThanOrEqual(k.SEAL_TAG_BYTES);
    expect([k.EVENT_RATING_MIN, k.EVENT_RATING_MAX]).toEqual([k.LEVELS_MIN, k.LEVELS_MAX]);
    expect(k.TOTALS_COUNT).toBe(k.LEVELS_MAX + 1);
    expect(k.CAUSE_MAX).toBe(Math.max(k.CAUSE_POWER, k.CAUSE_WATCHDOG, k.CAUSE_TRAP, k.CAUSE_REQUESTED));
    expect(k.SUPPRESSED_MAX).toBe(Math.max(k.SUPPRESSED_LOCKOUT, k.SUPPRESSED_SEVERAL));
  });

  test('event times of the widest batch stay exact, and stay dates', () => {
    const last = k.UPTIME_CS_MAX * (k.BATCH_EVENTS_MAX + 1) * k.MS_PER_CS;
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(Number.isNaN(new Date(last).getTime())).toBe(false);
  });

  test('event codes do not overlap one another nor the codes kept for queues', () => {
    const codes = [k.EVENT_BOOT, 2, 3, 4, 5, k.EVENT_SUPPRESSED, k.EVENT_TOTALS, k.EVENT_OVERFLOW];
    expect(new Set(codes).size).toBe(codes.length);
    expect(Math.max(...codes)).toBeLessThan(10);
    const kinds = [k.KIND_BATCH, k.KIND_GAP, k.KIND_STATE, k.KIND_ACK];
    expect(new Set(kinds).size).toBe(kinds.length);
  });
});
