/**
 * The host as a client of an MQTT broker of the office's own, single or clustered. The broker keeps
 * strangers out; the seals make it unnecessary to trust it.
 */
import { randomBytes } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { HostError } from '../errors.js';
import type { Bus, BusHandler } from './bus.js';

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_MS = 1_000;

export class MqttBus implements Bus {
  private readonly handlers: { pattern: RegExp; handler: BusHandler }[] = [];

  private constructor(private readonly client: MqttClient) {
    client.on('message', (topic, payload) => {
      for (const { pattern, handler } of this.handlers) if (pattern.test(topic)) handler(topic, payload);
    });
    // Reported by `connected`; without a listener a lost broker would end the process.
    client.on('error', () => {});
  }

  static async start(url: string): Promise<MqttBus> {
    if (!URL.canParse(url) || !/^(mqtts?|wss?):$/.test(new URL(url).protocol)) {
      throw new HostError('broker_url', { url });
    }
    try {
      const options = {
        clientId: `hailong-host-${randomBytes(6).toString('hex')}`,
        clean: true,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: RECONNECT_MS,
        resubscribe: true,
        queueQoSZero: false,
      };
      return new MqttBus(await connectAsync(url, options, false));
    } catch (error) {
      const { host } = new URL(url);
      throw new HostError('broker_unreachable', { host }, { cause: error });
    }
  }

  get connected(): boolean {
    return this.client.connected;
  }

  async subscribe(filter: string, handler: BusHandler): Promise<void> {
    const pattern = filter.replace(/[.*?^${}()|[\]\\]/g, '\\$&').replaceAll('+', '[^/]+');
    this.handlers.push({ pattern: new RegExp(`^${pattern}$`), handler });
    await this.client.subscribeAsync(filter, { qos: 0 });
  }

  publish(topic: string, payload: Uint8Array): void {
    if (this.client.connected) this.client.publish(topic, Buffer.from(payload), { qos: 0 });
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
