/**
 * The host, put together: store thread, intake, bus, API. Everything it needs comes in as an option,
 * so the same function serves production, the demonstration with its virtual district, and tests.
 */
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { TerminalId } from '../protocol/messages.js';
import { topicFilter } from '../protocol/topic.js';
import { LiveHub } from './api/live.js';
import type { Health } from './api/schema.js';
import { createServer } from './api/server.js';
import type { Bus } from './bus/bus.js';
import { EmbeddedBus, listenError } from './bus/embedded.js';
import { MqttBus } from './bus/mqtt.js';
import type { Lang } from './catalogue.js';
import type { Config } from './config.js';
import { type HostError, StoreError } from './errors.js';
import type { Receipt } from './ingest/ingest.js';
import { Intake } from './ingest/intake.js';
import type { UnixMs } from './instant.js';
import { type RemoteStore, StoreThread } from './store/worker/client.js';

export type HostOptions = {
  /** Folder of the store. */
  readonly data: string;
  readonly host: string;
  /** HTTP, and MQTT over WebSocket on /mqtt; 0 for any free port. */
  readonly port: number;
  /** MQTT over TCP of the embedded broker; 0 for any free port. */
  readonly mqttPort: number;
  /** An MQTT broker to use instead of the embedded one. */
  readonly broker?: string | undefined;
  readonly config: Config;
  readonly lang: Lang;
  readonly version: string;
  readonly log: FastifyBaseLogger;
  now(): UnixMs;
  /** Address of the compiled store thread. */
  readonly thread: URL;
  readonly webRoot: string | null;
  readonly plugins?: readonly FastifyPluginAsync[];
  /** Told of every group once it is committed and acknowledged. */
  onReceipt?(receipt: Receipt): void;
};

export type Host = {
  /** Address of the page. */
  readonly url: string;
  readonly port: number;
  /** TCP port of the embedded broker; null with another broker. */
  readonly mqttPort: number | null;
  readonly store: RemoteStore;
  readonly live: LiveHub;
  readonly bus: Bus;
  readonly intake: Intake;
  readonly app: FastifyInstance;
  /** Terminals that are online now. */
  readonly online: ReadonlySet<TerminalId>;
  /** Resolves if the host can no longer work and must be started again. */
  readonly failed: Promise<HostError>;
  /** Stops taking messages, finishes the commit in hand, closes broker, server and store. */
  close(): Promise<void>;
};

/** Fails with a HostError that says what to do when a port, folder or broker cannot be had. */
export async function startHost(options: HostOptions): Promise<Host> {
  const opened: (() => unknown)[] = [];
  try {
    return await assemble(options, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

async function assemble(options: HostOptions, opened: (() => unknown)[]): Promise<Host> {
  const { now, log } = options;
  const store: StoreThread = await StoreThread.open(options.thread, options.data, 'write');
  opened.push(() => store.close());
  // Pages read on a thread of their own: a commit in hand must not make them wait.
  const reader: StoreThread = await StoreThread.open(options.thread, options.data, 'read');
  opened.push(() => reader.close());
  const live = new LiveHub();
  opened.push(() => live.close());
  const online = new Set<TerminalId>();
  let bus: Bus | null = null;
  const intake = new Intake({
    receive: (messages) => store.receive(messages),
    publish: ({ topic, payload }) => bus?.publish(topic, payload),
    onReceipt: (receipt) => {
      tell(receipt, online, live);
      options.onReceipt?.(receipt);
    },
    onFailure: (error) => log.error(error, 'a group of messages could not be committed'),
  });
  opened.push(() => intake.stop());
  const startedAt = now();
  const health = async (): Promise<Health> => {
    const broker = bus?.connected ?? false;
    const refused = await reader.refused().catch(() => null);
    const storeOk = refused !== null && intake.healthy && store.alive;
    return {
      status: broker && storeOk ? 'ok' : 'failing',
      broker,
      store: storeOk,
      uptimeSeconds: Math.max(0, (now() - startedAt) / 1000),
      pending: intake.pending,
      quarantined: Object.values(refused ?? {}).reduce((sum, count) => sum + count, 0),
    };
  };
  const app = await createServer({
    store: reader,
    config: options.config,
    presence: { online: (terminal) => online.has(terminal) },
    now,
    live,
    health,
    lang: options.lang,
    log,
    version: options.version,
    webRoot: options.webRoot,
    plugins: options.plugins ?? [],
  });
  opened.push(() => app.close());
  // The HTTP port is taken before the broker hears its first terminal.
  await app.listen({ port: options.port, host: options.host }).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, options.port);
  });
  bus = await startBus(options, app, store);
  opened.push(() => bus?.close());
  await listenTo(bus, intake, now);
  const port = portOf(app);
  return {
    url: `http://${options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host}:${port}/`,
    port,
    mqttPort: bus instanceof EmbeddedBus ? bus.port : null,
    store,
    live,
    bus,
    intake,
    app,
    online,
    failed: Promise.race([store.failed, reader.failed]).then(
      (error) => new StoreError('store_thread_ended', { reason: error.message }, { cause: error }),
    ),
    close: async () => {
      await intake.stop();
      for (const close of opened.splice(0).reverse()) await close();
    },
  };
}

async function startBus(options: HostOptions, app: FastifyInstance, store: RemoteStore): Promise<Bus> {
  if (options.broker !== undefined) return MqttBus.start(options.broker);
  return EmbeddedBus.start({
    host: options.host,
    port: options.mqttPort,
    http: app.server,
    keyOf: async (terminal) => (await store.keys([terminal])).get(terminal),
  });
}

async function listenTo(bus: Bus, intake: Intake, now: () => UnixMs): Promise<void> {
  const take = (topic: string, payload: Uint8Array) => intake.push({ topic, payload, receivedAt: now() });
  await bus.subscribe(topicFilter('up'), take);
  await bus.subscribe(topicFilter('state'), take);
}

function tell(receipt: Receipt, online: Set<TerminalId>, live: LiveHub): void {
  live.tallyChanged(receipt.changedOffices);
  for (const change of receipt.presence) {
    if (change.online) online.add(change.terminal);
    else online.delete(change.terminal);
    live.publish('presence', {
      terminal: change.terminal.toString(16).padStart(8, '0'),
      online: change.online,
    });
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
