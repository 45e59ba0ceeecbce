/**
 * Lines and an MQTT broker with nothing durable in it. A line is a byte stream that delays, chops,
 * breaks and goes dead without a word; the broker loses, delays, repeats, reorders, damages and
 * diverts messages as the weather says, and forgets everything when it restarts. Whether a terminal's
 * password is right is not asked here: nothing that counts may depend on it.
 */
import mqttPacket, { type IConnectPacket, type Packet, type Parser } from 'mqtt-packet';
import { E_LINK, type Link } from '../../firmware/boards/board.js';
import { parseTopic, terminalHex } from '../../protocol/topic.js';
import type { Random } from '../protocol/random.js';
import type { Counts } from './counts.js';
import type { Events } from './events.js';
import { CALM, type Weather } from './weather.js';

export type Message = { readonly topic: string; readonly payload: Uint8Array };

/** Who takes what terminals publish. */
export type Subscriber = { readonly listening: boolean; receive(message: Message): void };

/** Old messages kept to be played back. */
const SEEN_MAX = 100;
/** A broker gives up a silent client after one and a half times its keep-alive. */
const KEEP_ALIVE_MS = 90_000;
/** Length of a ping's answer. */
const PING_BYTES = 2;

export class Network {
  brokerUp = true;
  /** Hosts cannot reach the broker. */
  partitioned = false;
  readonly subscribers: Subscriber[] = [];
  private readonly sessions = new Map<string, Connection>();
  private retained = new Map<string, Uint8Array>();
  private readonly seen: Message[] = [];

  constructor(
    readonly events: Events,
    readonly random: Random,
    readonly counts: Counts,
    public weather: Weather,
    readonly trace: (line: () => string) => void,
  ) {}

  /** Everything works from here on. */
  heal(): void {
    this.weather = CALM;
    this.brokerUp = true;
    this.partitioned = false;
  }

  delay(): number {
    const { delayMsMin, delayMsMax } = this.weather;
    return delayMsMin + this.random.below(delayMsMax - delayMsMin + 1);
  }

  /** The broker dies: all connections, retained messages and whatever it had in hand are gone. */
  stopBroker(): void {
    this.brokerUp = false;
    this.retained = new Map();
    for (const connection of this.sessions.values()) {
      if (this.random.below(2) === 0) connection.line.break();
      connection.open = false;
    }
    this.sessions.clear();
  }

  startBroker(): void {
    this.brokerUp = true;
    this.subscribe();
  }

  /** A host connects: retained messages come first. */
  subscribe(): void {
    if (!this.brokerUp || this.partitioned) return;
    for (const [topic, payload] of this.retained) this.toHosts({ topic, payload });
  }

  /** From a terminal, or a last will. */
  publish(message: Message, retain: boolean): void {
    if (retain) this.retained.set(message.topic, message.payload);
    this.carry(message, retain, (one) => this.toHosts(one));
  }

  /** From a host. */
  answer(message: Message): void {
    if (!this.brokerUp || this.partitioned) {
      this.counts.lost++;
      return;
    }
    this.carry(message, false, (one) => this.toTerminal(one));
  }

  connected(hex: string, connection: Connection): void {
    const former = this.sessions.get(hex);
    if (former !== undefined && former !== connection) this.drop(hex, former);
    this.sessions.set(hex, connection);
  }

  /** The broker notices that a client is gone. */
  drop(hex: string, connection: Connection): void {
    connection.open = false;
    if (this.sessions.get(hex) === connection) this.sessions.delete(hex);
    const will = connection.will;
    connection.will = null;
    if (will !== null && this.brokerUp) this.publish(will, true);
  }

  private toHosts(message: Message): void {
    if (this.partitioned || !this.brokerUp) {
      this.counts.lost++;
      return;
    }
    for (const subscriber of this.subscribers) if (subscriber.listening) subscriber.receive(message);
  }

  private toTerminal(message: Message): void {
    const to = parseTopic(message.topic);
    const session = to === null ? undefined : this.sessions.get(terminalHex(to.terminal));
    if (session === undefined) this.counts.lost++;
    else session.deliver(message);
  }

  /** One message through the broker, in today's weather. */
  private carry(message: Message, retain: boolean, forward: (message: Message) => void): void {
    const { random, weather, counts } = this;
    counts.messages++;
    const chance = (rate: number) => rate > 0 && random.below(1000) < rate;
    if (weather.twisted > 0) this.remember(message);
    if (chance(weather.twisted)) {
      counts.twisted++;
      const twisted = this.twist(random.pick(this.seen));
      this.events.after(random.below(weather.lateMsMax + 1), () => {
        if (this.brokerUp) (random.below(2) === 0 ? this.toHosts : this.toTerminal).call(this, twisted);
      });
    }
    if (chance(weather.lost)) {
      counts.lost++;
      if (!retain) this.trace(() => `broker loses ${message.topic}`);
      return;
    }
    const copies = chance(weather.repeated) ? 2 + random.below(2) : 1;
    counts.repeated += copies - 1;
    for (let i = 0; i < copies; i++) {
      const late = chance(weather.late);
      if (late) counts.late++;
      const pause = late ? random.below(weather.lateMsMax + 1) : 1 + random.below(3);
      this.events.after(pause, () => {
        if (this.brokerUp) forward(message);
        else counts.lost++;
      });
    }
  }

  private remember(message: Message): void {
    if (this.seen.length < SEEN_MAX) this.seen.push(message);
    else this.seen[this.random.below(SEEN_MAX)] = message;
  }

  private twist({ topic, payload }: Message): Message {
    const { random } = this;
    const bytes = payload.slice();
    switch (random.below(4)) {
      case 0:
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        return { topic, payload: bytes };
      case 1:
        return { topic, payload: bytes.subarray(0, random.below(bytes.length)) };
      case 2:
        return { topic: random.pick(this.seen).topic, payload: bytes };
      default:
        return { topic, payload: bytes };
    }
  }
}

/** The broker's end of one connection. */
class Connection {
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
