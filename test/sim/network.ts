/**
 * An MQTT broker with nothing durable in it: it loses, delays, repeats, reorders, damages and diverts
 * messages as the weather says, and forgets everything when it restarts. Whether a terminal's password
 * is right is not asked here: nothing that counts may depend on it.
 */
import { parseTopic, terminalHex } from '../../protocol/topic.js';
import type { Random } from '../protocol/random.js';
import type { Counts } from './counts.js';
import type { Events } from './events.js';
import type { Connection } from './line.js';
import { CALM, type Weather } from './weather.js';

export type Message = { readonly topic: string; readonly payload: Uint8Array };

/** Who takes what terminals publish. */
export type Subscriber = { readonly listening: boolean; receive(message: Message): void };

/** Old messages kept to be played back. */
const SEEN_MAX = 100;

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
