/**
 * What the host needs of durable storage. Asynchronous, so that a database server fits as well as a
 * file; every adapter passes the same contract tests. `commit` is the only way a rating enters: one
 * transaction a group, durable when it resolves, and acknowledgements are sent only after that.
 */
import type { LogId, Seq, TerminalId } from '../../protocol/messages.js';
import type { Arrival, Outcome, Placement, Six } from '../ingest/books.js';
import type { Quality } from '../ingest/clock.js';
import type { UnixHour, UnixMs } from '../instant.js';
import type { HourRange } from '../zone.js';

export type PlaceKind = 'group' | 'office' | 'counter';

export type Place = {
  readonly id: string;
  readonly parent: string | null;
  readonly kind: PlaceKind;
  readonly name: string;
  readonly from: UnixMs | null;
  readonly to: UnixMs | null;
};

export type Assignment = Placement & { readonly terminal: TerminalId };

/** The registry without the keys. */
export type RegistryView = {
  readonly title: string;
  /** In the order of the document. */
  readonly places: readonly Place[];
  readonly terminals: readonly TerminalId[];
  readonly assignments: readonly Assignment[];
};

/** A registry document after checking: times resolved, keys as bytes. */
export type RegistryChange = {
  /** Null leaves the title as it is. */
  readonly title: string | null;
  readonly places: readonly Place[];
  readonly terminals: readonly { readonly id: TerminalId; readonly key: Uint8Array }[];
  readonly assignments: readonly Assignment[];
};

export type QuarantineRow = {
  readonly receivedAt: UnixMs;
  readonly topic: string;
  readonly reason: string;
  readonly payload: Uint8Array;
};

export type CommitGroup = {
  readonly arrivals: readonly Arrival[];
  readonly quarantine: readonly QuarantineRow[];
  /** Everything refused since the last commit, by reason, kept in `quarantine` or not. */
  readonly refused: ReadonlyMap<string, number>;
};

export type Committed = {
  /** One for each arrival, in order. */
  readonly outcomes: readonly Outcome[];
  /** Offices whose figures changed. */
  readonly offices: readonly string[];
};

/** Rows kept in the quarantine; the oldest make room. */
export const QUARANTINE_ROWS_MAX = 10_000;

export type TallyRow = {
  /** '' when no counter was assigned. */
  readonly counter: string;
  /** 0 for suppressed presses; `level` is then the reason. */
  readonly scale: number;
  readonly level: number;
  readonly quality: Quality;
  readonly count: number;
};

export type HourRow = {
  readonly hour: UnixHour;
  readonly scale: number;
  readonly level: number;
  readonly count: number;
};

export type MissingRow = { readonly counter: string; readonly missing: number };

/** A terminal's books as far as the host has them; of the log heard of last where nothing else is said. */
export type TerminalBooks = {
  readonly terminal: TerminalId;
  readonly committed: Seq;
  readonly boot: number;
  readonly lastEventAt: UnixMs | null;
  /** Of all its logs, like the difference: a formatted storage hides nothing. */
  readonly missing: number;
  readonly difference: Six | null;
};

export type KeptBatch = {
  readonly terminal: TerminalId;
  readonly first: Seq;
  readonly last: Seq;
  readonly receivedAt: UnixMs;
  readonly frame: Uint8Array;
};

/** What pages, reports and commands read. */
export type StoreReader = {
  registry(): Promise<RegistryView>;
  /** Sums over hours and terminals. */
  tallies(hours: HourRange): Promise<TallyRow[]>;
  /** Ratings only, sums over the given counters. */
  hourly(hours: HourRange, counters: readonly string[]): Promise<HourRow[]>;
  missing(hours: HourRange): Promise<MissingRow[]>;
  terminalBooks(): Promise<TerminalBooks[]>;
  /** Messages refused since the store was made, kept or not. */
  refused(): Promise<Record<string, number>>;
  quarantine(limit: number): Promise<QuarantineRow[]>;
  /** Sealed frames as received, oldest first, after the given position. */
  batches(after: number, limit: number): Promise<{ position: number; batch: KeptBatch }[]>;
  close(): Promise<void>;
};

export type Store = StoreReader & {
  /** Keys of those terminals that the registry knows. */
  keys(terminals: readonly TerminalId[]): Promise<Map<TerminalId, Uint8Array>>;
  /** Logs of those terminals that have books, the one heard of last first. */
  logs(terminals: readonly TerminalId[]): Promise<Map<TerminalId, LogId[]>>;
  commit(group: CommitGroup): Promise<Committed>;
  /** Idempotent; a terminal's new place ends the one before it. */
  changeRegistry(change: RegistryChange): Promise<void>;
};
