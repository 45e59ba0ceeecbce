/** What a rating costs on the wire, beside the JSON message one would write without thinking. */
import { encode } from '../../protocol/codec.js';
import type { Batch, Event, LogId, Seq, TerminalId, UptimeCs } from '../../protocol/messages.js';
import { seal } from '../../protocol/seal.js';
import { number, type Row } from './row.js';

const KEY = new Uint8Array(32);
/** Ratings some minutes apart, as at a counter. */
const APART_CS = 24_000;
const AT = Date.UTC(2026, 0, 5, 2);

export function wireRows(): Row[] {
  const batch = ourBytes(20) / 20;
  return [
    {
      what: 'a rating alone',
      ours: number(ourBytes(1), 'B'),
      other: number(jsonBytes(), 'B'),
      otherName: 'JSON, unsealed',
    },
    {
      what: 'a rating in a batch of 20',
      ours: number(batch, 'B'),
      other: number(jsonBytes(), 'B'),
      otherName: 'JSON, unsealed',
    },
  ];
}

function ourBytes(count: number): number {
  const events = Array.from(
    { length: count },
    (_, i): Event => ({ delta: i === 0 ? 0 : APART_CS, kind: 'rating', scale: 5, level: (i % 5) + 1 }),
  );
  const batch: Batch = {
    kind: 'batch',
    terminal: 0x2a1c0b07 as TerminalId,
    log: 0x5eed1234 as LogId,
    boot: 100,
    first: 5000 as Seq,
    base: 8_123_456 as UptimeCs,
    sent: count === 1 ? 5 : APART_CS * count,
    events,
  };
  return seal(KEY, 'up', encode(batch)).length;
}

function jsonBytes(): number {
  const message = {
    terminal: '2a1c0b07',
    log: '5eed1234',
    seq: 5000,
    time: new Date(AT).toISOString(),
    type: 'rating',
  };
  return JSON.stringify({ ...message, scale: 5, level: 4 }).length;
}
