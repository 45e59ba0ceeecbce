/** A test terminal on a real MQTT connection: sends a frame until its acknowledgement verifies. */
import mqtt, { type MqttClient } from 'mqtt';
import type { Message } from '../../protocol/messages.js';
import { mqttPassword, topicOf } from '../../protocol/topic.js';
import type { TestTerminal } from './terminal.js';

export class Link {
  private readonly heard: Uint8Array[] = [];

  private constructor(
    private readonly terminal: TestTerminal,
    readonly client: MqttClient,
  ) {
    client.on('message', (_topic, payload) => this.heard.push(payload));
    client.on('error', () => {});
  }

  static async connect(terminal: TestTerminal, url: string): Promise<Link> {
    const state = (online: boolean) =>
      terminal.frame(
        { kind: 'state', terminal: terminal.id, log: terminal.log, boot: 1, session: 1, online },
        'state',
      );
    const client = await mqtt.connectAsync(
      url,
      {
        clientId: `hl-${terminal.hex}`,
        username: terminal.hex,
        password: mqttPassword(terminal.key),
        protocolVersion: 4,
        reconnectPeriod: 100,
        queueQoSZero: false,
        will: {
          topic: topicOf(terminal.id, 'state'),
          payload: Buffer.from(state(false)),
          qos: 0,
          retain: true,
        },
      },
      false,
    );
    const link = new Link(terminal, client);
    await client.subscribeAsync(topicOf(terminal.id, 'down'));
    client.publish(topicOf(terminal.id, 'state'), Buffer.from(state(true)), { retain: true });
    return link;
  }

  /** Sends once; what is committed according to the acknowledgement, or null if none came in time. */
  async send(message: Message, waitMs = 2_000): Promise<number | null> {
    const frame = this.terminal.frame(message);
    this.client.publish(topicOf(this.terminal.id, 'up'), Buffer.from(frame));
    const end = performance.now() + waitMs;
    while (performance.now() < end) {
      for (const payload of this.heard.splice(0)) {
        const committed = this.terminal.acknowledged(payload, frame);
        if (committed !== null) return committed;
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return null;
  }

  close(): void {
    this.client.end(true);
  }
}
