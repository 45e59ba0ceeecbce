/** The API of the one virtual terminal that the page shows: its screen, and fingers for its buttons. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyPluginAsync } from 'fastify';
import { ButtonPress, VirtualTerminal } from '../../host/api/schema.js';
import { officeName, VISITORS } from './district.js';
import type { LiveDistrict } from './live.js';

const LEVELS = 5;

/** `district` is asked at each request: routes are registered before the district is live. */
export function virtualRoutes(district: () => LiveDistrict | null): FastifyPluginAsync {
  return async (plain) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    app.get('/virtual', { schema: { response: { 200: VirtualTerminal } } }, async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const screen = district()?.screenOf(VISITORS.id);
      return {
        terminal: VISITORS.id.toString(16).padStart(8, '0'),
        office: { id: VISITORS.office, name: officeName(VISITORS.office) },
        counter: VISITORS.counterName,
        levels: LEVELS,
        lines: screen?.lines ?? [],
        lights: screen?.lights ?? 0,
      };
    });
    app.post('/virtual/buttons', { schema: { body: ButtonPress } }, async (request, reply) => {
      district()?.press(VISITORS.id, request.body.button);
      return reply.code(202).send();
    });
  };
}
