/**
 * The HTTP server: API, its OpenAPI description, the built page. Failures a person can put right are
 * answered as a Problem in the language asked for; faults of ours say nothing of the inside.
 */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { errorText, type Lang, text } from '../catalogue.js';
import { HostError, StoreError } from '../errors.js';
import { type ApiOptions, apiRoutes } from './routes.js';

export const API_PREFIX = '/api/v1';

export type ServerOptions = ApiOptions & {
  readonly lang: Lang;
  readonly log: FastifyBaseLogger;
  readonly version: string;
  /** Folder of the built page; left out while it does not exist. */
  readonly webRoot: string | null;
  /** More routes, under the same prefix. */
  readonly plugins: readonly FastifyPluginAsync[];
};

const CONNECTION_TIMEOUT_MS = 60_000;
const BODY_BYTES_MAX = 65_536;
/** The page runs what this host serves and talks to this host, and nobody frames it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Built files with a hash of their content in the name. */
const HASHED = 'assets';
const NOT_FOUND = new Set(['office_unknown']);

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: options.log,
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    // Figures change at any moment: nothing may be stored on the way.
    if (request.url.startsWith(API_PREFIX)) reply.header('cache-control', 'no-store');
  });
  setErrors(app as unknown as FastifyInstance, options.lang);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Hailong', version: options.version } },
  });
  await app.register(apiRoutes(options), { prefix: API_PREFIX });
  for (const plugin of options.plugins) await app.register(plugin, { prefix: API_PREFIX });
  app.get(`${API_PREFIX}/openapi.json`, { schema: { hide: true } }, async () => app.swagger());
  if (options.webRoot !== null && existsSync(options.webRoot)) {
    const hashed = join(options.webRoot, HASHED) + sep;
    await app.register(fastifyStatic, {
      root: options.webRoot,
      cacheControl: false,
      setHeaders: (response, path) => {
        const forEver = path.startsWith(hashed);
        response.setHeader('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  return app as unknown as FastifyInstance;
}

function setErrors(app: FastifyInstance, fallback: Lang): void {
  const langOf = (header: string | undefined): Lang => {
    const first = header?.slice(0, 2).toLowerCase();
    return first === 'vi' || first === 'en' ? first : fallback;
  };
  app.setNotFoundHandler((request, reply) => {
    const message = text(langOf(request.headers['accept-language']), 'error.not_found');
    return reply.code(404).send({ code: 'not_found', message });
  });
  app.setErrorHandler((error, request, reply) => {
    const lang = langOf(request.headers['accept-language']);
    if (error instanceof HostError && !(error instanceof StoreError)) {
      const status = NOT_FOUND.has(error.code) ? 404 : 400;
      return reply.code(status).send({ code: error.code, message: errorText(lang, error) });
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) {
      const message = text(lang, 'error.bad_request', { reason: (error as Error).message });
      return reply.code(status).send({ code: 'bad_request', message });
    }
    request.log.error(error);
    return reply.code(500).send({ code: 'internal', message: text(lang, 'error.internal') });
  });
}
