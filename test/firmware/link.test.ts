/** The terminal on the network: connecting, sending, acknowledgements good and bad, hostile bytes. */
import { describe, expect, it } from 'vitest';
import { decode } from '../../protocol/codec.js';
import type { Ack, State, TerminalId } from '../../protocol/messages.js';
import { echoOf, open, seal } from '../../protocol/seal.js';
import { mqttPassword, topicOf } from '../../protocol/topic.js';
import { KEY, Rig, TERMINAL } from './rig.js';

const DOWN = topicOf(TERMINAL, 'down');

function stateOf(payload: Uint8Array): State {
  const opened = open(KEY, 'state', payload);
  if (opened.kind !== 'ok') throw new Error(opened.code);
  const decoded = decode(opened.content);
  if (decoded.kind !== 'ok') throw new Error(decoded.code);
  return decoded.message as State;
}

describe('connecting', () => {
  it('names itself, proves itself, and leaves a sealed last will', () => {
    const rig = new Rig();
    rig.goOnline();
    const connect = rig.link.connect;
    if (connect?.cmd !== 'connect') throw new Error('not connected');
    expect(connect.clientId).toBe('hl-0000a001');
    expect(connect.protocolVersion).toBe(4);
    expect(connect.clean).toBe(true);
    expect(connect.username).toBe('0000a001');
    expect(connect.password?.toString()).toBe(mqttPassword(KEY));
    expect(connect.will).toMatchObject({ topic: topicOf(TERMINAL, 'state'), retain: true, qos: 0 });
    expect(stateOf(connect.will!.payload as Uint8Array)).toMatchObject({
      boot: 1,
      session: 1,
      online: false,
    });
    const state = rig.published.find(({ topic }) => topic === topicOf(TERMINAL, 'state'))!;
    expect(state.retain).toBe(true);
    expect(stateOf(state.payload)).toMatchObject({ boot: 1, session: 1, online: true });
  });

  it('counts its sessions, so that a late last will can be told from a fresh one', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.link.hangUp();
    rig.run(5000);
    rig.restart();
    rig.run(5000);
    const states = rig.published
      .filter(({ topic }) => topic.endsWith('/state'))
      .map((m) => stateOf(m.payload));
    expect(states.map(({ boot, session }) => [boot, session])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it('dials again with growing pauses while the broker is away, and no oftener', () => {
    const rig = new Rig();
    rig.link.plugged = false;
    const dials: number[] = [];
    const reset = rig.link.reset.bind(rig.link);
    rig.link.reset = () => {
      dials.push(rig.nowMs);
      reset();
    };
    rig.run(1_800_000);
    const pauses = dials.slice(1).map((at, i) => at - dials[i]!);
    expect(pauses[0]).toBeLessThan(15_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(101_000);
    expect(dials.length).toBeLessThan(45);
    rig.link.plugged = true;
    rig.run(101_000);
    expect(rig.link.connect).toBeDefined();
  });

  it('is not let in: tries again later, and keeps what it has', () => {
    const rig = new Rig();
    rig.link.refuses = 5;
    rig.press(4);
    rig.run(60_000);
    expect(rig.frames).toEqual([]);
    rig.link.refuses = 0;
    rig.run(120_000);
    expect(rig.ratings()).toEqual([5]);
  });

  it('keeps a quiet line alive, and leaves one that has gone dead', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.run(200_000);
    expect(rig.link.pings).toBeGreaterThanOrEqual(5);
    expect(rig.link.connects).toBe(1);
    rig.link.deaf = true;
    rig.run(60_000);
    rig.link.deaf = false;
    rig.run(30_000);
    expect(rig.link.connects).toBe(2);
  });
});

describe('sending', () => {
  it('one frame in flight; events meanwhile go together in the next', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    rig.run(1000);
    rig.acknowledges = false;
    const before = rig.frames.length;
    for (let i = 0; i < 20; i++) rig.press(4);
    expect(rig.frames.length - before).toBe(1);
    rig.acknowledges = true;
    rig.run(30_000);
    expect(rig.batches().at(-1)!.events).toHaveLength(20);
  });

  it('without an answer sends again, ever more seldom, and what it sends is fresh', () => {
    const rig = new Rig();
    rig.acknowledges = false;
    rig.goOnline();
    rig.run(3_600_000);
    expect(rig.frames.length).toBeGreaterThan(5);
    expect(rig.frames.length).toBeLessThan(25);
    expect(new Set(rig.frames.map(echoOf)).size).toBe(rig.frames.length);
    const [first, second] = rig.batches();
    expect(Number(second!.sent) - Number(first!.sent)).toBeGreaterThan(100);
  });

  it('a host that lacks earlier events gets them again', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    for (let i = 0; i < 30; i++) {
      rig.press(i % 5);
      rig.run(50);
    }
    rig.committed = 7; // restored from a backup
    rig.frames.length = 0;
    rig.press(0);
    rig.run(20_000);
    expect(rig.committed).toBe(33);
    expect(rig.batches().some((batch) => batch.first === 8)).toBe(true);
  });

  it('a host that cannot commit is not asked in a tight circle', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.acknowledges = false;
    rig.press(2);
    rig.run(50);
    for (let i = 0; i < 1000; i++) {
      const frame = rig.frames.at(-1)!;
      rig.acknowledge(frame, 0);
      rig.run(20);
    }
    expect(rig.frames.length).toBeLessThan(12);
  });
});

describe('an acknowledgement', () => {
  const answers: [name: string, change: Partial<Ack>, key?: Uint8Array<ArrayBuffer>][] = [
    ['for another terminal', { terminal: 0x0000a002 as TerminalId }],
    ['for another log', { log: 99 as Ack['log'] }],
    ['of another frame', { echo: 1 }],
    ['under another key', {}, new Uint8Array(32)],
  ];
  it.each(answers)('%s releases nothing', (_name, change, key) => {
    const rig = new Rig();
    rig.acknowledges = false;
    rig.goOnline();
    rig.acknowledge(rig.frames[0]!, 2, change, key);
    rig.run(60_000);
    expect(rig.frames.length).toBeGreaterThan(1);
    expect(rig.batches().every((batch) => batch.first === 1)).toBe(true);
  });

  it('reflected, replayed, cut or with a bit flipped releases nothing; the true one still does', () => {
    const rig = new Rig();
    rig.acknowledges = false;
    rig.goOnline();
    const frame = rig.frames[0]!;
    rig.link.deliver(DOWN, frame);
    const good = ackOf(rig, frame, 2);
    for (let cut = 0; cut < good.length; cut++) rig.link.deliver(DOWN, good.subarray(0, cut));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = good.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      rig.link.deliver(DOWN, flipped);
      rig.run(5);
    }
    rig.run(60_000);
    expect(rig.batches().every((batch) => batch.first === 1)).toBe(true);
    const last = rig.frames.at(-1)!;
    rig.link.deliver(DOWN, good); // the answer to the first frame, now old
    rig.run(1000);
    expect(rig.frames.at(-1)).toBe(last);
    rig.press(0);
    rig.link.deliver(DOWN, ackOf(rig, last, 2));
    rig.run(1000);
    expect(rig.batches().at(-1)!.first).toBe(3);
  });

  function ackOf(rig: Rig, frame: Uint8Array, committed: number): Uint8Array {
    let payload = new Uint8Array(0);
    const deliver = rig.link.deliver.bind(rig.link);
    rig.link.deliver = (_topic, bytes) => {
      payload = Uint8Array.from(bytes);
    };
    rig.acknowledge(frame, committed);
    rig.link.deliver = deliver;
    return payload;
  }
});

describe('a host that answers with surprises', () => {
  it('has less than is still held, or never knew this log: the gap is declared, the rest sent again', () => {
    const rig = new Rig({ blocks: 10, settings: { lockoutMs: 0 } });
    rig.goOnline();
    for (let i = 0; i < 600; i++) {
      rig.press(i % 5);
      rig.run(20);
    }
    const all = rig.committed;
    rig.committed = 0; // a new database
    rig.frames.length = 0;
    rig.press(0);
    rig.run(120_000);
    const [gap] = rig.messages().filter((message) => message.kind === 'gap');
    expect(gap).toMatchObject({ from: 1 });
    expect(rig.committed).toBe(all + 1);
    const held = [...rig.events().keys()].sort((a, b) => a - b);
    expect(held[0]).toBe((gap as { to: number }).to + 1);
    expect(held).toHaveLength(all + 1 - (gap as { to: number }).to);
  });

  it('has more than was ever written here: those numbers are taken, and totals tell at once', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.goOnline();
    rig.run(1000);
    rig.acknowledges = false;
    rig.press(3);
    rig.run(50);
    rig.acknowledge(rig.frames.at(-1)!, 99);
    rig.committed = 99;
    rig.acknowledges = true;
    rig.run(2000);
    expect(rig.batches().at(-1)).toMatchObject({ first: 100, events: [{ kind: 'totals' }] });
    rig.press(4);
    rig.run(500);
    expect(rig.batches().at(-1)).toMatchObject({ first: 101, events: [{ kind: 'rating', level: 5 }] });
  });
});

describe('a storage that fails to read for a moment', () => {
  it('delays what it holds and loses nothing', () => {
    const rig = new Rig({ settings: { lockoutMs: 0 } });
    rig.link.plugged = false;
    for (let i = 0; i < 150; i++) rig.press(i % 5);
    const read = rig.storage.read.bind(rig.storage);
    let failures = 0;
    rig.storage.read = (block, into) => (failures++ < 20 ? -1 : read(block, into));
    rig.link.plugged = true;
    rig.run(200_000);
    expect(failures).toBeGreaterThan(20);
    expect(rig.messages().filter((message) => message.kind === 'gap')).toEqual([]);
    expect(rig.ratings()).toHaveLength(150);
  });
});

describe('hostile bytes from the network', () => {
  const cases: [string, number[]][] = [
    ['a packet of reserved type', [0x00, 0x00]],
    ['a remaining length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a second CONNACK', [0x20, 0x02, 0x00, 0x00]],
    ['a QoS 1 message nobody asked for', [0x32, 0x07, 0x00, 0x01, 0x61, 0x00, 0x01, 0x00, 0x00]],
  ];
  it.each(cases)('%s: hangs up, comes back, loses nothing', (_name, packet) => {
    const rig = new Rig();
    rig.goOnline();
    rig.link.deliverBytes(Uint8Array.from(packet));
    rig.run(50);
    expect(rig.link.connect).toBeDefined();
    rig.press(4);
    rig.run(30_000);
    expect(rig.ratings()).toEqual([5]);
    expect(rig.link.connects).toBe(2);
  });

  it('messages for others, too long, empty or with a lying topic length are skipped, line kept', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.link.deliver('hailong/v1/2/0000a002/down', new Uint8Array(20));
    rig.link.deliver(DOWN, new Uint8Array(0));
    rig.link.deliver(DOWN, new Uint8Array(129));
    rig.link.deliver(DOWN, new Uint8Array(100_000));
    rig.link.deliverBytes(Uint8Array.of(0x30, 0x03, 0xff, 0xff, 0x00));
    rig.link.deliverBytes(Uint8Array.of(0x30, 0x00));
    rig.link.deliver(DOWN, seal(KEY, 'down', new Uint8Array(90)));
    rig.press(4);
    rig.run(30_000);
    expect(rig.ratings()).toEqual([5]);
    expect(rig.link.connects).toBe(1);
  });

  it('bytes that come one by one make the same packets', () => {
    const rig = new Rig();
    const read = rig.link.read.bind(rig.link);
    rig.link.read = (into) => (into.length === 0 ? read(into) : read(into.subarray(0, 1)));
    const write = rig.link.write.bind(rig.link);
    rig.link.write = (from) => write(from.subarray(0, 1));
    rig.goOnline();
    rig.press(4);
    rig.run(2000);
    expect(rig.ratings()).toEqual([5]);
  });
});

describe('a year', () => {
  it('of uptime: the clock goes on past 2^32 ms and 2^32 cs, ratings keep arriving', () => {
    const rig = new Rig();
    rig.goOnline();
    rig.press(0);
    rig.run(100);
    for (let day = 0; day < 500; day++) rig.skip(86_400_000);
    rig.run(70_000);
    rig.press(1);
    rig.run(70_000);
    const last = rig.batches().at(-1)!;
    expect(rig.ratings()).toEqual([1, 2]);
    expect(last.base).toBeGreaterThan(2 ** 32);
    expect(Math.abs(last.base * 10 - rig.nowMs)).toBeLessThan(150_000);
  });
});
