/**
 * The routes under /api/v1. They read and never write: ratings enter by the broker only, and the
 * registry by the command line.
 */
import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox';
import { isoOf } from '../instant.js';
import { HOURS_DAYS_MAX, hours, readPeriod, type Sources, summary, terminals } from '../tally/summary.js';
import type { LiveHub } from './live.js';
import * as schema from './schema.js';

export type ApiOptions = Sources & {
  readonly live: LiveHub;
  health(): Promise<schema.Health>;
};

const PeriodQuery = Type.Object({
  // Checked by readPeriod, whose sentence says what is wrong with the date.
  from: Type.Optional(Type.String({ description: 'First day, YYYY-MM-DD; 14 days before `to` if absent' })),
  to: Type.Optional(Type.String({ description: 'Last day, inclusive; today if absent' })),
  office: Type.Optional(Type.String({ description: 'Only this office' })),
});

const problems = { 400: schema.Problem, 404: schema.Problem, 500: schema.Problem };

export function apiRoutes(options: ApiOptions): FastifyPluginAsyncTypebox {
  const { zone } = options.config;
  return async (app) => {
    app.get(
      '/summary',
      {
        schema: {
          summary: 'Rates of a period: total and each office',
          querystring: PeriodQuery,
          response: { 200: schema.Summary, ...problems },
        },
      },
      async ({ query: { from, to, office } }) =>
        summary(options, { range: readPeriod(from, to, zone, options.now()), office }),
    );

    app.get(
      '/hours',
      {
        schema: {
          summary: 'Ratings hour by hour',
          querystring: PeriodQuery,
          response: { 200: schema.Hours, ...problems },
        },
      },
      async ({ query: { from, to, office } }) =>
        hours(options, { range: readPeriod(from, to, zone, options.now(), HOURS_DAYS_MAX), office }),
    );

    app.get(
      '/offices',
      { schema: { summary: 'The tree of places', response: { 200: schema.Offices, ...problems } } },
      async () => {
        const { title, places } = await options.store.registry();
        const iso = (at: (typeof places)[number]['from']) => (at === null ? null : isoOf(at));
        return { title, places: places.map((p) => ({ ...p, from: iso(p.from), to: iso(p.to) })) };
      },
    );

    app.get(
      '/terminals',
      { schema: { summary: 'Terminals and their books', response: { 200: schema.Terminals, ...problems } } },
      async () => ({ terminals: await terminals(options) }),
    );

    app.get(
      '/health',
      {
        schema: {
          summary: 'Whether ratings can be taken',
          response: { 200: schema.Health, 503: schema.Health },
        },
      },
      async (_request, reply) => {
        const health = await options.health();
        return reply.code(health.status === 'ok' ? 200 : 503).send(health);
      },
    );

    app.get(
      '/live',
      { schema: { summary: 'Server-sent events', produces: ['text/event-stream'] } },
      (_, reply) => {
        reply.hijack();
        if (!options.live.attach(reply.raw)) reply.raw.writeHead(503, { 'retry-after': '10' }).end();
      },
    );
  };
}
