/**
 * `hailong serve`: the host without a virtual district, until a signal asks it to stop. The first
 * signal finishes the commit in hand; a second one ends at once, which loses nothing either. A host
 * whose store thread has died ends too, for a supervisor to start it again: nothing was acknowledged.
 */
import type { FastifyBaseLogger } from 'fastify';
import { text } from '../catalogue.js';
import { readConfig } from '../config.js';
import { startHost } from '../serve.js';
import type { Console } from './console.js';

export type ServeOptions = {
  readonly host: string;
  readonly port: number;
  readonly mqttPort: number;
  readonly data: string;
  readonly broker?: string | undefined;
  readonly config?: string | undefined;
};

export type ServeSetting = {
  readonly version: string;
  readonly log: FastifyBaseLogger;
  readonly thread: URL;
  readonly webRoot: string | null;
  /** Resolves when the person or the system asks the host to stop. */
  readonly stop: Promise<void>;
};

export async function serveCommand(
  console: Console,
  options: ServeOptions,
  setting: ServeSetting,
): Promise<number> {
  const { lang, now } = console;
  const { stop, ...rest } = setting;
  const config = readConfig(options.config);
  const host = await startHost({ ...options, ...rest, config, lang, now });
  const broker = options.broker === undefined ? '' : new URL(options.broker).host;
  console.out(
    host.mqttPort === null
      ? text(lang, 'serve.ready_broker', { url: host.url, broker })
      : text(lang, 'serve.ready', { url: host.url, mqttPort: host.mqttPort }),
  );
  const failure = await Promise.race([stop, host.failed]);
  await host.close();
  if (failure !== undefined) throw failure;
  return 0;
}
