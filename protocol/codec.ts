/**
 * Sealed content to message and back. `decode` accepts exactly what SPEC.md section 4 describes and
 * `encode` writes the one encoding of it, so `encode(decode(x)) === x` for every x that is accepted.
 */
import { Reader, Reject, Writer } from './cbor.js';
import * as k from './constants.js';
import type {
  Ack,
  Batch,
  Event,
  Gap,
  LogId,
  Message,
  RejectCode,
  Sent,
  Seq,
  State,
  TerminalId,
  Totals,
  UptimeCs,
} from './messages.js';

export type Decoded<M extends Message = Message> =
  | { readonly kind: 'ok'; readonly message: M }
  | { readonly kind: 'rejected'; readonly code: RejectCode };

/** Decodes one content. Never throws, allocates no more than the content's own size warrants. */
export function decode(content: Uint8Array): Decoded {
  if (content.length > k.CONTENT_BYTES_MAX) return { kind: 'rejected', code: 'too_long' };
  try {
    const reader = new Reader(content);
    const length = reader.array();
    const message = readMessage(reader, length);
    reader.end();
    return { kind: 'ok', message };
  } catch (error) {
    if (error instanceof Reject) return { kind: 'rejected', code: error.code };
    throw error;
  }
}

function readMessage(reader: Reader, length: number): Message {
  if (length === 0) throw new Reject('wrong_length');
  const kind = reader.uint(0, k.U32_MAX);
  const read = readers[kind];
  if (read === undefined) throw new Reject('unknown_kind');
  if (length !== read.length) throw new Reject('wrong_length');
  return read.message(reader);
}

const readers: Readonly<Record<number, { length: number; message: (reader: Reader) => Message }>> = {
  [k.KIND_BATCH]: { length: 8, message: readBatch },
  [k.KIND_GAP]: { length: 5, message: readGap },
  [k.KIND_STATE]: { length: 6, message: readState },
  [k.KIND_ACK]: { length: 5, message: readAck },
};

const u32 = (reader: Reader) => reader.uint(0, k.U32_MAX);
const positive = (reader: Reader) => reader.uint(1, k.U32_MAX);

function readBatch(reader: Reader): Batch {
  const terminal = u32(reader) as TerminalId;
  const log = positive(reader) as LogId;
  const boot = positive(reader);
  const first = positive(reader) as Seq;
  const base = reader.uint(0, k.UPTIME_CS_MAX) as UptimeCs;
  const sent = readSent(reader, boot);
  const count = reader.array();
  if (count < 1 || count > k.BATCH_EVENTS_MAX) throw new Reject('wrong_length');
  if (first + count - 1 > k.U32_MAX) throw new Reject('out_of_range');
  const events: Event[] = [];
  for (let i = 0; i < count; i++) events.push(readEvent(reader));
  return { kind: 'batch', terminal, log, boot, first, base, sent, events };
}

function readSent(reader: Reader, boot: number): Sent {
  if (!reader.nextIsArray()) return reader.uint(0, k.UPTIME_CS_MAX);
  reader.arrayOf(2);
  return { boot: reader.uint(boot + 1, k.U32_MAX), uptime: reader.uint(0, k.UPTIME_CS_MAX) as UptimeCs };
}

/** One event, as it stands in a batch and in the terminal's log. */
export function readEvent(reader: Reader): Event {
  const length = reader.array();
  if (length < 3) throw new Reject('wrong_length');
  const delta = reader.uint(0, k.UPTIME_CS_MAX);
  const code = reader.uint(0, k.U32_MAX);
  const arguments_ = (count: number) => {
    if (length !== count + 2) throw new Reject('wrong_length');
  };
  if (code >= k.EVENT_RATING_MIN && code <= k.EVENT_RATING_MAX) {
    arguments_(1);
    return { delta, kind: 'rating', scale: code, level: reader.uint(1, code) };
  }
  switch (code) {
    case k.EVENT_BOOT:
      arguments_(3);
      return {
        delta,
        kind: 'boot',
        firmware: u32(reader),
        cause: reader.uint(0, k.CAUSE_MAX),
        levels: readScale(reader),
      };
    case k.EVENT_SUPPRESSED:
      arguments_(2);
      return { delta, kind: 'suppressed', reason: reader.uint(1, k.SUPPRESSED_MAX), count: positive(reader) };
    case k.EVENT_TOTALS:
      arguments_(k.TOTALS_COUNT);
      return { delta, kind: 'totals', totals: readTotals(reader) };
    case k.EVENT_OVERFLOW:
      arguments_(3 + k.TOTALS_COUNT);
      return {
        delta,
        kind: 'overflow',
        span: reader.uint(0, k.UPTIME_CS_MAX),
        lost: positive(reader),
        scale: readScale(reader),
        totals: readTotals(reader),
      };
    default:
      throw new Reject('unknown_event');
  }
}

const readScale = (reader: Reader) => reader.uint(k.LEVELS_MIN, k.LEVELS_MAX);

function readTotals(reader: Reader): Totals {
  return [u32(reader), u32(reader), u32(reader), u32(reader), u32(reader), u32(reader)];
}

function readGap(reader: Reader): Gap {
  const terminal = u32(reader) as TerminalId;
  const log = positive(reader) as LogId;
  const from = positive(reader) as Seq;
  return { kind: 'gap', terminal, log, from, to: reader.uint(from, k.U32_MAX) as Seq };
}

function readState(reader: Reader): State {
  return {
    kind: 'state',
    terminal: u32(reader) as TerminalId,
    log: positive(reader) as LogId,
    boot: positive(reader),
    session: positive(reader),
    online: reader.uint(0, 1) === 1,
  };
}

function readAck(reader: Reader): Ack {
  return {
    kind: 'ack',
    terminal: u32(reader) as TerminalId,
    log: positive(reader) as LogId,
    committed: u32(reader) as Seq,
    echo: u32(reader),
  };
}

/** Encodes one message. Throws RangeError for a number CBOR cannot carry; checks no other limit. */
export function encode(message: Message): Uint8Array {
  const writer = new Writer();
  switch (message.kind) {
    case 'batch':
      writer.array(8).uint(k.KIND_BATCH).uint(message.terminal).uint(message.log).uint(message.boot);
      writer.uint(message.first).uint(message.base);
      writeSent(writer, message.sent);
      writer.array(message.events.length);
      for (const event of message.events) writeEvent(writer, event);
      break;
    case 'gap':
      writer.array(5).uint(k.KIND_GAP).uint(message.terminal).uint(message.log);
      writer.uint(message.from).uint(message.to);
      break;
    case 'state':
      writer.array(6).uint(k.KIND_STATE).uint(message.terminal).uint(message.log);
      writer
        .uint(message.boot)
        .uint(message.session)
        .uint(message.online ? 1 : 0);
      break;
    case 'ack':
      writer.array(5).uint(k.KIND_ACK).uint(message.terminal).uint(message.log);
      writer.uint(message.committed).uint(message.echo);
      break;
  }
  return writer.finish();
}

function writeSent(writer: Writer, sent: Sent): void {
  if (typeof sent === 'number') writer.uint(sent);
  else writer.array(2).uint(sent.boot).uint(sent.uptime);
}

function writeEvent(writer: Writer, event: Event): void {
  const [code, args] = eventNumbers(event);
  writer
    .array(2 + args.length)
    .uint(event.delta)
    .uint(code);
  for (const argument of args) writer.uint(argument);
}

function eventNumbers(event: Event): [code: number, args: readonly number[]] {
  switch (event.kind) {
    case 'boot':
      return [k.EVENT_BOOT, [event.firmware, event.cause, event.levels]];
    case 'rating':
      return [event.scale, [event.level]];
    case 'suppressed':
      return [k.EVENT_SUPPRESSED, [event.reason, event.count]];
    case 'totals':
      return [k.EVENT_TOTALS, event.totals];
    case 'overflow':
      return [k.EVENT_OVERFLOW, [event.span, event.lost, event.scale, ...event.totals]];
  }
}
