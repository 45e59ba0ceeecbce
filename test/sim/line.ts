/**
 * A line to the broker: the terminal's network port at one end, the broker's end of a connection at the
 * other. Bytes keep their order and take their time; a line can be chopped, broken, or go dead without
 * a word to either end.
 */
import mqttPacket, { type IConnectPacket, type Packet, type Parser } from 'mqtt-packet';
import { E_LINK, type Link } from '../../firmware/boards/board.js';
import type { Message, Network } from './network.js';

/** A broker gives up a silent client after one and a half times its keep-alive. */
const KEEP_ALIVE_MS = 90_000;
/** Length of a ping's answer. */
const PING_BYTES = 2;

/** The broker's end of one connection. */
export class Connection {
  open = true;
  will: Message | null = null;
  private hex = '';
  private readonly parser: Parser = mqttPacket.parser();
  /** Bytes keep their order: nothing arrives before what was sent before it. */
  private upAt = 0;
  private downAt = 0;

  constructor(
    readonly network: Network,
    readonly line: Line,
  ) {
    this.parser.on('packet', (packet) => this.take(packet));
    this.parser.on('error', () => this.close());
  }

  /** Bytes from the terminal. */
  send(bytes: Buffer): void {
    const { events } = this.network;
    this.upAt = Math.max(this.upAt, events.now + this.network.delay());
    events.at(this.upAt, () => {
      if (this.open && this.network.brokerUp) this.parser.parse(bytes);
    });
  }

  deliver({ topic, payload }: Message): void {
    this.answer({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 0, dup: false, retain: false });
  }

  close(): void {
    this.network.drop(this.hex, this);
  }

  private answer(packet: Packet): void {
    const bytes = mqttPacket.generate(packet);
    const { events } = this.network;
    this.downAt = Math.max(this.downAt, events.now + this.network.delay());
    events.at(this.downAt, () => this.line.arrive(this, bytes));
  }

  private take(packet: Packet): void {
    switch (packet.cmd) {
      case 'connect':
        this.hex = packet.username ?? '';
        this.will = willOf(packet);
        this.network.connected(this.hex, this);
        this.answer({ cmd: 'connack', returnCode: 0, sessionPresent: false });
        return;
      case 'subscribe':
        this.answer({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0] });
        return;
      case 'pingreq':
        this.answer({ cmd: 'pingresp' });
        return;
      case 'publish':
        this.network.publish(
          { topic: packet.topic, payload: Uint8Array.from(packet.payload as Buffer) },
          packet.retain,
        );
        return;
      default:
        this.close();
    }
  }
}

function willOf({ will }: IConnectPacket): Message | null {
  return will === undefined ? null : { topic: will.topic, payload: Uint8Array.from(will.payload as Buffer) };
}

/** The terminal's end: its network port. */
export class Line implements Link {
  /** Pulled out, or the way to the broker is down: dialling does not succeed. */
  cut = false;
  private connection: Connection | null = null;
  private established = false;
  /** The line is dead and this end has not noticed. */
  private dead = false;
  private inbox = Buffer.alloc(0);

  constructor(
    private readonly network: Network,
    /** Bytes are there, or room for them; `stirs` when more than one look at them may be needed. */
    private readonly onArrival: (stirs: boolean) => void,
  ) {}

  reset(): void {
    this.hangUp();
    const { network } = this;
    if (this.cut || !network.brokerUp) return;
    const connection = new Connection(network, this);
    this.connection = connection;
    network.events.after(network.delay(), () => {
      if (this.connection !== connection || this.cut || !network.brokerUp) return;
      this.established = true;
      this.onArrival(true);
    });
  }

  read(into: Uint8Array): number {
    if (!this.established) return E_LINK;
    const { random, weather } = this.network;
    let length = Math.min(into.length, this.inbox.length);
    if (weather.choppy && length > 1) length = 1 + random.below(length);
    into.set(this.inbox.subarray(0, length));
    this.inbox = this.inbox.subarray(length);
    return length;
  }

  write(from: Uint8Array): number {
    if (!this.established) return E_LINK;
    const { random, weather } = this.network;
    const length = weather.choppy ? random.below(from.length + 1) : from.length;
    if (length < from.length) this.onArrival(false); // there is room again at once
    if (length > 0 && !this.dead) this.connection?.send(Buffer.from(from.subarray(0, length)));
    return length;
  }

  /** Bytes from the broker. */
  arrive(connection: Connection, bytes: Buffer): void {
    if (connection !== this.connection || !this.established || this.dead) return;
    this.inbox = Buffer.concat([this.inbox, bytes]);
    this.onArrival(bytes.length > PING_BYTES);
  }

  /** This end hangs up, or lost its power; what was sent before may still arrive. */
  hangUp(): void {
    const { connection } = this;
    this.forget();
    if (connection === null) return;
    const lingering = this.network.random.below(2) === 0 ? this.network.delay() : 0;
    this.network.events.after(lingering, () => connection.close());
  }

  /** The connection breaks, and this end is told at its next call. */
  break(): void {
    const { connection } = this;
    this.forget();
    if (connection !== null) this.network.events.after(0, () => connection.close());
  }

  /** The connection goes dead; neither end is told. */
  deaden(): void {
    const { connection } = this;
    this.dead = this.established;
    if (connection !== null) this.network.events.after(KEEP_ALIVE_MS, () => connection.close());
  }

  private forget(): void {
    this.connection = null;
    this.established = false;
    this.dead = false;
    this.inbox = Buffer.alloc(0);
  }
}
