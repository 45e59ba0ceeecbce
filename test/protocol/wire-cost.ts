/** What messages cost in bytes: the figures of SPEC.md, worked out by sealing real frames. */
import { encode } from '../../protocol/codec.js';
import { KEY_BYTES, U32_MAX, UPTIME_CS_MAX } from '../../protocol/constants.js';
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
import { seal } from '../../protocol/seal.js';

const wide: Totals = [U32_MAX, U32_MAX, U32_MAX, U32_MAX, U32_MAX, U32_MAX];

/** Every kind of event with each number at its widest. */
export const WIDEST = {
  boot: { delta: UPTIME_CS_MAX, kind: 'boot', firmware: U32_MAX, cause: 3, levels: 5 },
  rating: { delta: UPTIME_CS_MAX, kind: 'rating', scale: 5, level: 5 },
  suppressed: { delta: UPTIME_CS_MAX, kind: 'suppressed', reason: 2, count: U32_MAX },
  totals: { delta: UPTIME_CS_MAX, kind: 'totals', totals: wide },
  overflow: {
    delta: UPTIME_CS_MAX,
    kind: 'overflow',
    span: UPTIME_CS_MAX,
    lost: U32_MAX,
    scale: 5,
    totals: wide,
  },
} as const satisfies Record<string, Event>;

export function frameBytes(message: Message): number {
  return seal(new Uint8Array(KEY_BYTES), 'up', encode(message)).length;
}

export function batchOf(events: readonly Event[], other: Partial<Batch> = {}): Batch {
  return {
    kind: 'batch',
    terminal: 0x2a1c0b07 as TerminalId,
    log: 0x5eed1234 as LogId,
    boot: 200,
    first: 70_000 as Seq,
    base: 12_345_678 as UptimeCs,
    sent: 40,
    events,
    ...other,
  };
}

/** Bytes of one event in a content: what a second one adds. */
export function eventBytes(event: Event): number {
  return encode(batchOf([event, event])).length - encode(batchOf([event])).length;
}

const ratings = (count: number, interval: number): Event[] =>
  Array.from({ length: count }, (_, i) => ({
    delta: i === 0 ? 0 : interval,
    kind: 'rating',
    scale: 5,
    level: 4,
  }));

/** As the table of SPEC.md prints them: the row's name and its bytes. */
export function costs(): Record<string, string> {
  const each = (count: number, interval: number): string =>
    (frameBytes(batchOf(ratings(count, interval))) / count).toFixed(2);
  return {
    'rating alone, boot to 255, any event number': String(frameBytes(batchOf(ratings(1, 0)))),
    'rating alone, boot to 65,535, event number to 65,535': String(
      frameBytes(batchOf(ratings(1, 0), { boot: 65_535, first: 65_535 as Seq })),
    ),
    'rating alone, boot to 65,535, any event number': String(
      frameBytes(batchOf(ratings(1, 0), { boot: 65_535 })),
    ),
    'rating in a batch of 20, up to 2.5 s apart': each(20, 255),
    'rating in a batch of 20, up to 10.9 min apart': each(20, 65_535),
    'rating in a batch of 20, hours apart': each(20, 1_000_000),
    'rating in a batch of 32, up to 10.9 min apart': each(32, 65_535),
    'totals alone, counts to 65,535': String(
      frameBytes(batchOf([{ delta: 0, kind: 'totals', totals: [900, 900, 9_000, 60_000, 65_535, 900] }])),
    ),
    'acknowledgement, widest': String(
      frameBytes({
        kind: 'ack',
        terminal: U32_MAX as TerminalId,
        log: U32_MAX as LogId,
        committed: U32_MAX as Seq,
        echo: U32_MAX,
      }),
    ),
  };
}
