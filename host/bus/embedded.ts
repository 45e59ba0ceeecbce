/**
 * The broker inside the host: Aedes in memory, on TCP and on WebSocket. Keys are asked of the store
 * when a terminal connects, so a new terminal needs no restart. It keeps nothing: what is lost with it
 * is sent again by the terminals.
 */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type AedesPublishPacket, type AuthenticateError, type Client } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { TerminalId } from '../../protocol/messages.js';
import { HostError } from '../errors.js';
import { claimedTerminal, mayLeaveWill, mayPublish, maySubscribe, passwordMatches } from './access.js';
import type { Bus, BusHandler } from './bus.js';
import { PacketLimit } from './packet-limit.js';

/** Longer than any packet a terminal sends: a CONNECT with a will, or a frame on its topic. */
export const PACKET_BYTES_MAX = 2_048;
export const CONNECTIONS_MAX = 10_000;
const WEBSOCKET_PATH = '/mqtt';
const CONNECT_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 20_000;
const CONNACK_BAD_PASSWORD = 4;
const CONNACK_NOT_AUTHORIZED = 5;

export type EmbeddedOptions = {
  readonly host: string;
  readonly port: number;
  /** Serves MQTT over WebSocket on this server's /mqtt when given. */
  readonly http?: HttpServer;
  keyOf(terminal: TerminalId): Promise<Uint8Array | undefined>;
};

export class EmbeddedBus implements Bus {
  private readonly identity = new WeakMap<Client, TerminalId>();
  private readonly broker: Aedes;
  private readonly tcp: Server;
  private readonly websocket = new WebSocketServer({
    noServer: true,
    maxPayload: 16_384,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
  });

  private constructor(private readonly options: EmbeddedOptions) {
    this.broker = new Aedes({
      connectTimeout: CONNECT_TIMEOUT_MS,
      drainTimeout: DRAIN_TIMEOUT_MS,
      maxTopicLevels: 8,
      preConnect: (client, packet, done) => {
        const terminal = claimedTerminal(packet.clientId, packet.username);
        const allowed =
          packet.will === undefined || (terminal !== null && mayLeaveWill(terminal, packet.will));
        if (terminal !== null && allowed) this.identity.set(client, terminal);
        done(null, true);
      },
      authenticate: (client, _user, password, done) => {
        this.authenticate(client, password).then(
          (code) => (code === 0 ? done(null, true) : done(refusal(code), false)),
          () => done(refusal(3), false),
        );
      },
      authorizePublish: (client, packet, done) => {
        const terminal = client === null ? undefined : this.identity.get(client);
        const allowed = terminal !== undefined && mayPublish(terminal, packet);
        done(allowed ? null : new Error('publish not allowed'));
      },
      authorizeSubscribe: (client, subscription, done) => {
        const terminal = this.identity.get(client);
        if (terminal !== undefined && maySubscribe(terminal, subscription.topic)) done(null, subscription);
        else done(new Error('subscribe not allowed'));
      },
    });
    this.tcp = createServer({ noDelay: true }, (socket) => this.admit(socket, socket));
    this.tcp.maxConnections = CONNECTIONS_MAX;
  }

  static async start(options: EmbeddedOptions): Promise<EmbeddedBus> {
    const bus = new EmbeddedBus(options);
    await bus.broker.listen();
    try {
      await listen(bus.tcp, options.port, options.host);
    } catch (error) {
      await bus.close();
      throw error;
    }
    options.http?.on('upgrade', bus.upgrade);
    return bus;
  }

  /** The TCP port that was bound; differs from the one asked for when that was 0. */
  get port(): number {
    const address = this.tcp.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get connected(): boolean {
    return !this.broker.closed && this.tcp.listening;
  }

  subscribe(filter: string, handler: BusHandler): Promise<void> {
    const deliver = (packet: AedesPublishPacket, done: () => void) => {
      handler(
        packet.topic,
        typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
      );
      done();
    };
    return new Promise((resolve) => this.broker.subscribe(filter, deliver, resolve));
  }

  publish(topic: string, payload: Uint8Array): void {
    const packet = {
      cmd: 'publish',
      topic,
      payload: Buffer.from(payload),
      qos: 0,
      retain: false,
      dup: false,
    } as const;
    this.broker.publish(packet, () => {});
  }

  async close(): Promise<void> {
    this.options.http?.off('upgrade', this.upgrade);
    const closed = new Promise<void>((resolve) => this.tcp.close(() => resolve()));
    await new Promise<void>((resolve) => this.broker.close(() => resolve()));
    for (const client of this.websocket.clients) client.terminate();
    for (const socket of this.sockets) socket.destroy();
    this.websocket.close();
    await closed;
  }

  private readonly sockets = new Set<Duplex>();

  private async authenticate(client: Client, password: Uint8Array | undefined): Promise<number> {
    const terminal = this.identity.get(client);
    if (terminal === undefined) return CONNACK_NOT_AUTHORIZED;
    const key = await this.options.keyOf(terminal);
    if (passwordMatches(key, password)) return 0;
    this.identity.delete(client);
    return CONNACK_BAD_PASSWORD;
  }

  private admit(stream: Duplex, connection: Socket | Duplex): void {
    this.sockets.add(stream);
    stream.once('close', () => this.sockets.delete(stream));
    limitPackets(this.broker.handle(connection), stream);
  }

  private readonly upgrade: Parameters<HttpServer['on']>[1] = (
    request: import('node:http').IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== WEBSOCKET_PATH || this.websocket.clients.size >= CONNECTIONS_MAX) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.websocket.handleUpgrade(request, socket, head, (client) => {
      const stream = createWebSocketStream(client);
      this.admit(stream, stream);
    });
  };
}

/**
 * Puts the limit in front of the broker's parser. Aedes offers no hook for it, so this reaches for the
 * parser itself; a test sends an over-long packet and sees the connection close.
 */
function limitPackets(client: Client, stream: Duplex): void {
  const parser = (client as unknown as { _parser: { parse(chunk: Buffer): unknown } })._parser;
  const parse = parser.parse.bind(parser);
  const limit = new PacketLimit(PACKET_BYTES_MAX);
  parser.parse = (chunk) => {
    if (limit.accept(chunk)) return parse(chunk);
    stream.destroy();
    return 0;
  };
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error('connection refused'), { returnCode });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen(port, host, resolve);
  });
}

/** A port that cannot be had is a sentence, not a stack trace. */
export function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') return new HostError('port_in_use', { port }, { cause: error });
  if (error.code === 'EACCES') return new HostError('port_forbidden', { port }, { cause: error });
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new HostError('address_unknown', { port }, { cause: error });
  }
  return error;
}
