/**
 * A terminal's side of the wire made from the host's codec: just enough to send batches with chosen
 * numbers and times. The real firmware is driven elsewhere.
 */

import type { Received } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import { decode, encode } from '../../protocol/codec.js';
import type {
  Batch,
  Event,
  LogId,
  Message,
  Seq,
  TerminalId,
  Totals,
  UptimeCs,
} from '../../protocol/messages.js';
import { type Direction, echoOf, open, seal } from '../../protocol/seal.js';
import { terminalHex, topicOf } from '../../protocol/topic.js';

export const unix = (iso: string) => Date.parse(iso) as UnixMs;
export const at = (ms: number) => ms as UnixMs;
export const seq = (n: number) => n as Seq;
export const cs = (n: number) => n as UptimeCs;

export const rating = (level: number, delta = 10, scale = 5): Event => ({
  delta,
  kind: 'rating',
  scale,
  level,
});
export const suppressed = (count: number, reason = 1, delta = 0): Event => ({
  delta,
  kind: 'suppressed',
  reason,
  count,
});
export const totals = (...numbers: number[]): Event => ({
  delta: 0,
  kind: 'totals',
  totals: numbers as unknown as Totals,
});

export class TestTerminal {
  readonly id: TerminalId;
  readonly log: LogId;
  readonly key: Uint8Array;

  constructor(id: number, log = 0x1000 + id) {
    this.id = id as TerminalId;
    this.log = log as LogId;
    this.key = new Uint8Array(32).map((_, i) => (id * 7 + i) & 0xff);
  }

  get hex(): string {
    return terminalHex(this.id);
  }

  batch(first: number, events: readonly Event[], more: Partial<Batch> = {}): Batch {
    const span = events.reduce((sum, { delta }) => sum + delta, 0);
    return {
      kind: 'batch',
      terminal: this.id,
      log: this.log,
      boot: 1,
      first: seq(first),
      base: cs(1000),
      sent: span,
      events,
      ...more,
    };
  }

  frame(message: Message, direction: Direction = 'up'): Uint8Array {
    return seal(this.key, direction, encode(message));
  }

  received(message: Message, receivedAt: UnixMs, direction: Direction = 'up'): Received {
    return { topic: topicOf(this.id, direction), payload: this.frame(message, direction), receivedAt };
  }

  /** Opens an acknowledgement as the firmware would; null when it is not one for `sent`. */
  acknowledged(payload: Uint8Array, sent: Uint8Array): number | null {
    const opened = open(this.key, 'down', payload);
    if (opened.kind !== 'ok') return null;
    const decoded = decode(opened.content);
    if (decoded.kind !== 'ok' || decoded.message.kind !== 'ack') return null;
    return decoded.message.echo === echoOf(sent) ? decoded.message.committed : null;
  }
}

/** A registry document with one office a terminal: office-N, counter office-N.1. */
export function registryOf(terminals: readonly TestTerminal[], from = '2020-01-01'): unknown {
  return {
    title: 'Huyện Thử Nghiệm',
    places: [
      { id: 'group', kind: 'group', name: 'Huyện Thử Nghiệm' },
      ...terminals.flatMap((_, i) => [
        { id: `office-${i + 1}`, parent: 'group', kind: 'office', name: `Bộ phận một cửa xã số ${i + 1}` },
        { id: `office-${i + 1}.1`, parent: `office-${i + 1}`, kind: 'counter', name: 'Quầy 1' },
      ]),
    ],
    terminals: terminals.map((terminal, i) => ({
      id: terminal.hex,
      key: Buffer.from(terminal.key).toString('hex'),
      counter: `office-${i + 1}.1`,
      from,
    })),
  };
}
