import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import mqtt, { type IClientOptions } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../host/bus/bus.js';
import { EmbeddedBus, PACKET_BYTES_MAX } from '../../host/bus/embedded.js';
import { MqttBus } from '../../host/bus/mqtt.js';
import { PacketLimit } from '../../host/bus/packet-limit.js';
import { mqttPassword, topicFilter, topicOf } from '../../protocol/topic.js';
import { until } from './temporary.js';
import { TestTerminal } from './terminal.js';

const a = new TestTerminal(0xa1);
const b = new TestTerminal(0xb2);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listeningHttp(): Promise<HttpServer> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(() => http.close());
  return http;
}

async function broker() {
  const http = await listeningHttp();
  const keys = new Map([a, b].map((terminal) => [terminal.id, terminal.key]));
  const keyOf = async (terminal: TestTerminal['id']) => keys.get(terminal);
  const bus = await EmbeddedBus.start({ host: '127.0.0.1', port: 0, http, keyOf });
  closing.push(() => bus.close());
  const heard: string[] = [];
  for (const direction of ['up', 'state'] as const) {
    await bus.subscribe(topicFilter(direction), (topic, payload) =>
      heard.push(`${topic} ${Buffer.from(payload)}`),
    );
  }
  const tcp = `mqtt://127.0.0.1:${bus.port}`;
  const websocket = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/mqtt`;
  return { bus, heard, tcp, websocket };
}

const credentials = (terminal: TestTerminal, more: IClientOptions = {}): IClientOptions => ({
  clientId: `hl-${terminal.hex}`,
  username: terminal.hex,
  password: mqttPassword(terminal.key),
  protocolVersion: 4,
  reconnectPeriod: 0,
  connectTimeout: 5_000,
  ...more,
});

async function join(url: string, options: IClientOptions) {
  const client = await mqtt.connectAsync(url, options, false);
  client.on('error', () => {});
  closing.push(() => client.endAsync(true));
  return client;
}

describe('the embedded broker', () => {
  it.each(['tcp', 'websocket'] as const)('carries up, state and down over %s', async (kind) => {
    const { bus, heard, ...urls } = await broker();
    const client = await join(urls[kind], credentials(a));
    const down: string[] = [];
    client.on('message', (topic, payload) => down.push(`${topic} ${payload}`));
    await client.subscribeAsync(topicOf(a.id, 'down'));
    client.publish(topicOf(a.id, 'up'), 'one');
    client.publish(topicOf(a.id, 'state'), 'here', { retain: true });
    await until('both messages', () => heard.length === 2);
    expect(heard).toEqual([`${topicOf(a.id, 'up')} one`, `${topicOf(a.id, 'state')} here`]);
    bus.publish(topicOf(b.id, 'down'), Buffer.from('not yours'));
    bus.publish(topicOf(a.id, 'down'), Buffer.from('yours'));
    await until('the answer', () => down.length > 0);
    expect(down).toEqual([`${topicOf(a.id, 'down')} yours`]);
  });

  const refused: [string, IClientOptions, number][] = [
    ['a wrong password', credentials(a, { password: mqttPassword(b.key) }), 4],
    ['no password', { clientId: `hl-${a.hex}`, username: a.hex, reconnectPeriod: 0, protocolVersion: 4 }, 4],
    ['an unknown terminal', credentials(new TestTerminal(0xdead)), 4],
    ['no user name', { clientId: 'anyone', reconnectPeriod: 0, protocolVersion: 4 }, 5],
    ["another's client id", credentials(a, { clientId: `hl-${b.hex}` }), 5],
    ['a user name that is no terminal', credentials(a, { username: 'admin' }), 5],
    ["a will on another's topic", credentials(a, { will: will(topicOf(b.id, 'state'), true) }), 5],
    ['a will that is not retained', credentials(a, { will: will(topicOf(a.id, 'state'), false) }), 5],
    ['a will on the up topic', credentials(a, { will: will(topicOf(a.id, 'up'), true) }), 5],
  ];
  it.each(refused)('refuses %s', async (_what, options, code) => {
    const { tcp } = await broker();
    await expect(join(tcp, options)).rejects.toMatchObject({ code });
  });

  function will(topic: string, retain: boolean) {
    return { topic, payload: Buffer.from('gone'), qos: 0 as const, retain };
  }

  const forbidden: [string, (client: mqtt.MqttClient) => void][] = [
    ["publishing on another's up", (client) => client.publish(topicOf(b.id, 'up'), 'x')],
    ['publishing an acknowledgement to itself', (client) => client.publish(topicOf(a.id, 'down'), 'x')],
    ['publishing elsewhere', (client) => client.publish('anything', 'x')],
    ['retaining a batch', (client) => client.publish(topicOf(a.id, 'up'), 'x', { retain: true })],
    ['an over-long frame', (client) => client.publish(topicOf(a.id, 'up'), Buffer.alloc(661))],
    ['an over-long packet', (client) => client.publish(topicOf(a.id, 'up'), Buffer.alloc(PACKET_BYTES_MAX))],
  ];
  it.each(forbidden)('closes the connection for %s', async (_what, act) => {
    const { heard, tcp } = await broker();
    const client = await join(tcp, credentials(a));
    let closed = false;
    client.on('close', () => {
      closed = true;
    });
    act(client);
    await until('the close', () => closed);
    expect(heard).toEqual([]);
  });

  it.each([topicOf(b.id, 'down'), topicOf(a.id, 'up'), 'hailong/v1/+/+/down', '#', '$SYS/#'])(
    'lets no terminal listen on %s',
    async (filter) => {
      const { tcp } = await broker();
      const client = await join(tcp, credentials(a));
      let closed = false;
      client.on('close', () => {
        closed = true;
      });
      client.subscribe(filter, () => {});
      await until('the close', () => closed);
    },
  );

  it('tells the last will when a terminal vanishes, and not when it says goodbye', async () => {
    const { heard, tcp } = await broker();
    const options = credentials(a, { will: will(topicOf(a.id, 'state'), true) });
    await (await join(tcp, options)).endAsync();
    const client = await join(tcp, options);
    client.stream.destroy();
    await until('the will', () => heard.length > 0);
    expect(heard).toEqual([`${topicOf(a.id, 'state')} gone`]);
  });

  it('drops a stranger who announces a huge packet, without waiting for it', async () => {
    const { bus } = await broker();
    const socket = await open(bus.port);
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0x00]));
    await until('the close', () => socket.destroyed || socket.readableEnded);
  });

  it('survives bytes that are not MQTT', async () => {
    const { bus, heard, tcp } = await broker();
    const socket = await open(bus.port);
    socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await until('the close', () => socket.destroyed || socket.readableEnded);
    const client = await join(tcp, credentials(a));
    client.publish(topicOf(a.id, 'up'), 'still here');
    await until('the message', () => heard.length === 1);
  });

  async function open(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    closing.push(() => socket.destroy());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return socket;
  }

  it('says which port is taken', async () => {
    const { bus } = await broker();
    const keyOf = async () => undefined;
    await expect(EmbeddedBus.start({ host: '127.0.0.1', port: bus.port, keyOf })).rejects.toMatchObject({
      code: 'port_in_use',
      params: { port: bus.port },
    });
  });
});

describe('the packet limit', () => {
  const publish = (bytes: number) =>
    mqttPacket.generate({
      cmd: 'publish',
      topic: 't',
      payload: Buffer.alloc(bytes),
      qos: 0,
      dup: false,
      retain: false,
    });

  it('counts packets however the stream is cut', () => {
    const stream = Buffer.concat([publish(1), publish(90), publish(0), publish(90)]);
    for (let size = 1; size < stream.length; size++) {
      const limit = new PacketLimit(100);
      for (let at = 0; at < stream.length; at += size) {
        expect(limit.accept(stream.subarray(at, at + size))).toBe(true);
      }
    }
  });

  it('objects to one byte too many as soon as its length is read', () => {
    expect(new PacketLimit(100).accept(publish(97).subarray(0, 2))).toBe(true);
    expect(new PacketLimit(100).accept(publish(98).subarray(0, 2))).toBe(false);
  });
});

describe('the bus to another broker', () => {
  /** A broker without rules, as an office's own may be: the embedded one's library, bare. */
  async function plainBroker(port = 0) {
    const { Aedes } = await import('aedes');
    const { createServer: createTcp } = await import('node:net');
    const aedes = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createTcp((socket) => {
      sockets.add(socket);
      aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const stop = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(resolve));
    };
    return { port: (server.address() as AddressInfo).port, stop };
  }

  it('subscribes, publishes, and does so again after the broker was away', async () => {
    const first = await plainBroker();
    const url = `mqtt://127.0.0.1:${first.port}`;
    const bus: Bus = await MqttBus.start(url);
    closing.push(() => bus.close());
    const heard: string[] = [];
    await bus.subscribe(topicFilter('up'), (topic) => heard.push(topic));
    await first.stop();
    await until('the loss', () => !bus.connected);
    const second = await plainBroker(first.port);
    closing.push(() => second.stop());
    await until('the return', () => bus.connected);
    const client = await join(url, { ...credentials(a) });
    const down: string[] = [];
    client.on('message', (_topic, payload) => down.push(String(payload)));
    await client.subscribeAsync(topicOf(a.id, 'down'));
    await until('a message both ways', async () => {
      client.publish(topicOf(a.id, 'up'), 'x');
      bus.publish(topicOf(a.id, 'down'), Buffer.from('y'));
      return heard.length > 0 && down.length > 0;
    });
    expect(new Set(heard)).toEqual(new Set([topicOf(a.id, 'up')]));
  });

  it('says that a broker cannot be reached, without its password', async () => {
    const gone = await plainBroker();
    await gone.stop();
    const failure = await MqttBus.start(`mqtt://user:secret@127.0.0.1:${gone.port}`).catch((error) => error);
    expect(failure).toMatchObject({ code: 'broker_unreachable', params: { host: `127.0.0.1:${gone.port}` } });
    await expect(MqttBus.start('http://x')).rejects.toMatchObject({ code: 'broker_url' });
  });
});
