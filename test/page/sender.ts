/**
 * A terminal reduced to its wire: it says that it is online and sends ratings in sealed batches, each
 * acknowledged before the next. It lets a test choose exactly what is rated, and when.
 */
import { type EventEmitter, once } from 'node:events';
import mqtt, { type MqttClient } from 'mqtt';
import { decode, encode } from '../../protocol/codec.js';
import { BATCH_EVENTS_MAX } from '../../protocol/constants.js';
import type { Event, LogId, Message, Seq, TerminalId, UptimeCs } from '../../protocol/messages.js';
import { type Direction, open, seal } from '../../protocol/seal.js';
import { mqttPassword, terminalHex, topicOf } from '../../protocol/topic.js';

const LOG = 0x10c as LogId;
const BOOT = 1;
const BASE_CS = 1_000_000;

export class Sender {
  private committed = 0;

  private constructor(
    private readonly terminal: TerminalId,
    private readonly key: Uint8Array,
    private readonly client: MqttClient,
  ) {}

  static async connect(mqttPort: number, terminal: TerminalId, key: Uint8Array): Promise<Sender> {
    const state = (online: boolean) =>
      frame(key, 'state', { kind: 'state', terminal, log: LOG, boot: BOOT, session: 1, online });
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
      protocolVersion: 4,
      clientId: `hl-${terminalHex(terminal)}`,
      username: terminalHex(terminal),
      password: mqttPassword(key),
      reconnectPeriod: 0,
      will: { topic: topicOf(terminal, 'state'), payload: state(false), qos: 0, retain: true },
    });
    await client.subscribeAsync(topicOf(terminal, 'down'));
    await client.publishAsync(topicOf(terminal, 'state'), state(true), { retain: true });
    return new Sender(terminal, key, client);
  }

  /** Sends one rating of the five-level scale for each level given, as of `agoMs` before now. */
  async rate(levels: readonly number[], agoMs = 0): Promise<void> {
    for (let at = 0; at < levels.length; at += BATCH_EVENTS_MAX) {
      const events: Event[] = levels
        .slice(at, at + BATCH_EVENTS_MAX)
        .map((level) => ({ delta: 0, kind: 'rating', scale: 5, level }));
      const batch = frame(this.key, 'up', {
        kind: 'batch',
        terminal: this.terminal,
        log: LOG,
        boot: BOOT,
        first: (this.committed + 1) as Seq,
        base: (BASE_CS - Math.round(agoMs / 10)) as UptimeCs,
        sent: Math.round(agoMs / 10),
        events,
      });
      const answered = once(this.client as unknown as EventEmitter, 'message');
      await this.client.publishAsync(topicOf(this.terminal, 'up'), batch);
      const [, payload] = (await answered) as [string, Buffer];
      this.committed = this.acknowledged(payload);
    }
  }

  /** Goes as a terminal does whose power fails: the broker sends its last will. */
  vanish(): void {
    this.client.stream.destroy();
  }

  private acknowledged(payload: Uint8Array): number {
    const opened = open(this.key, 'down', payload);
    const decoded = opened.kind === 'ok' ? decode(opened.content) : opened;
    if (decoded.kind !== 'ok' || decoded.message.kind !== 'ack') {
      throw new Error('the host answered with something other than an acknowledgement');
    }
    return decoded.message.committed;
  }
}

function frame(key: Uint8Array, direction: Direction, message: Message): Buffer {
  return Buffer.from(seal(key, direction, encode(message)));
}
