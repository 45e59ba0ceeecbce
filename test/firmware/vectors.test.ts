/** The published vectors and the protocol's own, run through the compiled firmware. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { echoOf } from '../../protocol/seal.js';
import {
  bytes,
  type ContentVector,
  hex,
  load,
  type SealRejectVector,
  type SealVector,
} from '../protocol/vectors.js';

type Probe = {
  memory: WebAssembly.Memory;
  committed: { value: number };
  buffer(): number;
  sha256Start(): void;
  sha256Update(from: number, bytes: number): void;
  sha256Finish(into: number): void;
  hmacKey(key: number, bytes: number): void;
  hmacStart(): void;
  hmacUpdate(from: number, bytes: number): void;
  hmacFinish(into: number): void;
  seal(direction: number, into: number, from: number, bytes: number): number;
  open(direction: number, frame: number, bytes: number, into: number): number;
  event(from: number, bytes: number, into: number): number;
  readAck(frame: number, bytes: number, terminal: number, log: number, echo: number): number;
};

const module = new WebAssembly.Module(readFileSync(new URL('../../build/probe.wasm', import.meta.url)));
const DIRECTIONS = { up: 0, down: 1, state: 2 };

let probe: Probe;
let memory: Uint8Array;
let input: number;
let output: number;

beforeEach(() => {
  const nothing = new Proxy({}, { get: () => () => 0 });
  probe = new WebAssembly.Instance(module, { board: nothing }).exports as unknown as Probe;
  memory = new Uint8Array(probe.memory.buffer);
  input = probe.buffer();
  output = input + 2048;
});

function put(data: Uint8Array): number {
  memory.set(data, input);
  return data.length;
}

function setKey(key: Uint8Array): void {
  put(key);
  probe.hmacKey(input, key.length);
}

const taken = (length: number) => hex(memory.slice(output, output + length));

describe('SHA-256, FIPS 180-4', () => {
  const vectors = load<{ name: string; hex: string; repeat?: number; value: string }>('sha256');
  it.each(vectors)('$name', ({ hex: message, repeat = 1, value }) => {
    const unit = bytes(message);
    put(unit);
    probe.sha256Start();
    for (let i = 0; i < repeat; i++) probe.sha256Update(input, unit.length);
    probe.sha256Finish(output);
    expect(taken(32)).toBe(value);
  });
});

describe('HMAC-SHA-256, RFC 4231', () => {
  const vectors = load<{ name: string; key: string; hex: string; value: string }>('hmac');
  it.each(vectors)('$name', ({ key, hex: message, value }) => {
    setKey(bytes(key));
    const length = put(bytes(message));
    probe.hmacStart();
    probe.hmacUpdate(input, length);
    probe.hmacFinish(output);
    expect(taken(value.length / 2)).toBe(value);
  });
});

describe('the envelope', () => {
  it.each(load<SealVector>('seal'))('$name', ({ key, direction, hex: frame, value }) => {
    setKey(bytes(key));
    const contentBytes = put(bytes(value));
    expect(taken(probe.seal(DIRECTIONS[direction], output, input, contentBytes))).toBe(frame);
    const frameBytes = put(bytes(frame));
    expect(taken(probe.open(DIRECTIONS[direction], input, frameBytes, output))).toBe(value);
  });

  it.each(load<SealRejectVector>('seal-reject'))('refuses: $name', ({ key, direction, hex: frame }) => {
    setKey(bytes(key));
    expect(probe.open(DIRECTIONS[direction], input, put(bytes(frame)), output)).toBe(-1);
  });

  it('refuses every frame cut short', () => {
    const [{ key, direction, hex: whole }] = load<SealVector>('seal') as [SealVector];
    setKey(bytes(key));
    const frame = bytes(whole);
    for (let length = 0; length < frame.length; length++) {
      expect(probe.open(DIRECTIONS[direction], input, put(frame.subarray(0, length)), output)).toBe(-1);
    }
  });
});

describe('events', () => {
  const heads = load<ContentVector>('content').filter(({ value }) => value.kind === 'batch');
  it.each(heads)('reads and writes those of: $name', ({ hex: content, value }) => {
    if (value.kind !== 'batch') throw new Error('not a batch');
    const rest = bytes(content);
    // Events are the last element: walk them from behind the list's head, found by its known length.
    for (let start = 0; start < rest.length; start++) {
      if (walk(rest.subarray(start)) === value.events.length) return;
    }
    expect.unreachable('no run of events reads and re-encodes to itself');
    function walk(tail: Uint8Array): number {
      let count = 0;
      while (tail.length > 0) {
        const length = eventLength(tail);
        if (length === 0) return -1;
        tail = tail.subarray(length);
        count++;
      }
      return count;
    }
  });

  /** Length of the one event `tail` starts with, if the firmware reads it and writes it the same. */
  function eventLength(tail: Uint8Array): number {
    for (let length = 3; length <= Math.min(tail.length, 56); length++) {
      const written = probe.event(input, put(tail.subarray(0, length)), output);
      if (written === length && taken(length) === hex(tail.subarray(0, length))) return length;
    }
    return 0;
  }
});

describe('the acknowledgement', () => {
  type Row = {
    name: string;
    key: string;
    hex: string;
    terminal?: number;
    log?: number;
    value?: { ignored?: string; release?: number; gap?: [number, number] };
  };
  const [context, ...rows] = load<Row>('ack') as [Row, ...Row[]];

  it.each(rows)('$name', ({ hex: frame, value }) => {
    setKey(bytes(context.key));
    const echo = echoOf(bytes(context.hex));
    const accepted = probe.readAck(input, put(bytes(frame)), context.terminal!, context.log!, echo);
    if (value?.ignored !== undefined) {
      expect(accepted).toBe(0);
      return;
    }
    expect(accepted).toBe(1);
    expect(probe.committed.value).toBe(value?.release ?? value!.gap![0] - 1);
  });

  it('is refused when its content is any of the contents the host codec refuses', () => {
    setKey(bytes(context.key));
    const echo = echoOf(bytes(context.hex));
    for (const { hex: content } of load<{ hex: string }>('reject')) {
      const length = content.length / 2;
      if (length > 1024) continue;
      const sealed = probe.seal(DIRECTIONS.down, output, input, put(bytes(content)));
      memory.copyWithin(input, output, output + sealed);
      expect(probe.readAck(input, sealed, context.terminal!, context.log!, echo)).toBe(0);
    }
  });
});
