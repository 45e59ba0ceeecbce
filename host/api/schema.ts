/**
 * The JSON API's shapes: what Fastify validates and describes as OpenAPI, what the page consumes and
 * what `hailong tally --json` prints. Times are ISO 8601 in UTC; dates are days of the host's
 * configured zone. A figure that cannot be known is null, never zero.
 */
import { type Static, Type } from '@sinclair/typebox';

const Count = Type.Integer({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Nullable = <T extends import('@sinclair/typebox').TSchema>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const Day = Type.String({ format: 'date', description: 'A day of the configured zone, YYYY-MM-DD' });

export const Interval = Type.Object({
  low: Share,
  high: Share,
});

export const LevelCount = Type.Object({
  scale: Type.Integer({ minimum: 2, maximum: 5, description: 'Levels on the terminal that was pressed' }),
  level: Type.Integer({ minimum: 1, maximum: 5, description: '1 is the worst' }),
  satisfied: Type.Boolean({ description: 'Whether the configuration counts this level as satisfied' }),
  count: Count,
});

export const Figures = Type.Object({
  rated: Count,
  satisfied: Count,
  rate: Nullable(Share),
  wilson: Nullable(Interval),
  levels: Type.Array(LevelCount),
  response: Type.Object({
    served: Nullable(Count),
    rate: Nullable(Share),
  }),
  suppressed: Type.Integer({
    minimum: 0,
    description: 'Presses not taken as ratings: lock-out, several at once',
  }),
  missing: Type.Integer({ minimum: 0, description: 'Events declared lost by their terminals' }),
  bounded: Type.Integer({ minimum: 0, description: 'Ratings whose time is known only within bounds' }),
});

export const Period = Type.Object({
  from: Day,
  to: Type.String({ format: 'date', description: 'Last day, inclusive' }),
  zone: Type.String({ description: 'IANA time zone' }),
});

export const OfficeFigures = Type.Object({
  office: Type.Object({ id: Type.String(), name: Type.String() }),
  figures: Figures,
  terminals: Type.Object({ total: Count, online: Count }),
  lastEventAt: Nullable(Type.String({ format: 'date-time' })),
});

export const Summary = Type.Object({
  title: Type.String({ description: 'Name of the group the figures are of' }),
  period: Period,
  total: Figures,
  offices: Type.Array(OfficeFigures),
  /** Ratings of terminals that no counter was assigned at the time; included in no office, nor in the total. */
  unassigned: Count,
});

export const Hour = Type.Object({
  start: Type.String({ format: 'date-time' }),
  rated: Count,
  satisfied: Count,
});

export const Hours = Type.Object({ period: Period, hours: Type.Array(Hour) });

export const Terminal = Type.Object({
  terminal: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  office: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  counter: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  online: Type.Boolean(),
  boot: Nullable(Count),
  committed: Count,
  lastEventAt: Nullable(Type.String({ format: 'date-time' })),
  missing: Count,
  /** Terminal's own running totals less what the host counted; all zero when the books agree. */
  difference: Nullable(Type.Array(Type.Integer())),
});

export const Health = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('failing')]),
  broker: Type.Boolean(),
  store: Type.Boolean(),
  uptimeSeconds: Type.Number(),
  pending: Type.Integer({ minimum: 0, description: 'Messages received and not yet committed' }),
  quarantined: Count,
});

export const Place = Type.Object({
  id: Type.String(),
  parent: Nullable(Type.String()),
  kind: Type.Union([Type.Literal('group'), Type.Literal('office'), Type.Literal('counter')]),
  name: Type.String(),
  from: Nullable(Type.String({ format: 'date-time', description: 'Valid from this instant' })),
  to: Nullable(Type.String({ format: 'date-time', description: 'Valid until before this instant' })),
});

/** The registry's tree, in the order of its document; a place's parent comes by id. */
export const Offices = Type.Object({ title: Type.String(), places: Type.Array(Place) });

export const Terminals = Type.Object({ terminals: Type.Array(Terminal) });

/** The one virtual terminal that the page shows; absent outside the virtual district. */
export const VirtualTerminal = Type.Object({
  terminal: Type.String(),
  office: Type.Object({ id: Type.String(), name: Type.String() }),
  counter: Type.String(),
  levels: Type.Integer({ minimum: 2, maximum: 5 }),
  lines: Type.Array(Type.String()),
  lights: Type.Integer({ minimum: 0 }),
});

export const ButtonPress = Type.Object({ button: Type.Integer({ minimum: 0, maximum: 4 }) });

export const Problem = Type.Object({
  code: Type.String({ description: 'Stable, for programs' }),
  message: Type.String({ description: 'For people: what is wrong and what to do' }),
});

/** Server-sent events on /api/v1/live: `event:` is the key, `data:` the JSON of the value. */
export type LiveEvents = {
  /** Figures of these offices changed; fetch again. */
  tally: { offices: string[] };
  /** A terminal connected or went away. */
  presence: { terminal: string; online: boolean };
  /** The virtual terminal's display or lights changed. */
  screen: { lines: string[]; lights: number };
};

export type Figures = Static<typeof Figures>;
export type Summary = Static<typeof Summary>;
export type OfficeFigures = Static<typeof OfficeFigures>;
export type Hour = Static<typeof Hour>;
export type Hours = Static<typeof Hours>;
export type Terminal = Static<typeof Terminal>;
export type Place = Static<typeof Place>;
export type Offices = Static<typeof Offices>;
export type Terminals = Static<typeof Terminals>;
export type Health = Static<typeof Health>;
export type Period = Static<typeof Period>;
export type VirtualTerminal = Static<typeof VirtualTerminal>;
export type Problem = Static<typeof Problem>;
