/**
 * The values that accounting reads and writes: a log's books, a terminal's places, and what one group
 * of arrivals changes. Store adapters turn them into rows and back; they decide nothing.
 */
import type { Batch, Gap, LogId, Seq, TerminalId } from '../../protocol/messages.js';
import type { UnixHour, UnixMs } from '../instant.js';
import type { BootClock, Quality } from './clock.js';

/** A verified message on its way into the books. */
export type Arrival = {
  readonly message: Batch | Gap;
  /** The sealed frame as received: what an auditor can verify again. */
  readonly frame: Uint8Array;
  readonly receivedAt: UnixMs;
};

/** Ratings of levels 1 to 5, then suppressed presses. */
export type Six = [number, number, number, number, number, number];

export type LogState = {
  readonly terminal: TerminalId;
  readonly log: LogId;
  /** Every event up to this number is counted; the next one expected is one more. */
  committed: Seq;
  /** Newest boot heard of. */
  boot: number;
  receivedAt: UnixMs;
  lastEventAt: UnixMs | null;
  /** Time of the last event whose clock was exact. */
  knownEventAt: UnixMs | null;
  /** Events the terminal declared lost. */
  missing: number;
  counted: Six;
  /** Terminal's running totals less `counted`, at the last totals event; null before the first. */
  difference: Six | null;
};

/** A terminal stood at a counter from `from` until before `to`. */
export type Placement = { readonly counter: string; readonly from: UnixMs; readonly to: UnixMs | null };

/** What accounting may ask about the state before the group. Answers must be of one transaction. */
export type Books = {
  log(terminal: TerminalId, log: LogId): LogState | undefined;
  clock(terminal: TerminalId, log: LogId, boot: number): BootClock | undefined;
  placements(terminal: TerminalId): readonly Placement[];
};

/** Slots of a tally cell: `scale * SLOT_STRIDE + level`; scale 0 holds suppressed presses by reason. */
export const SLOT_STRIDE = 8;
export const SLOTS = 6 * SLOT_STRIDE;
/** The scale under which suppressed presses are tallied; the level is then the reason, 0 if unknown. */
export const SCALE_SUPPRESSED = 0;

export type TallyCell = {
  readonly hour: UnixHour;
  /** '' when no counter was assigned at the time. */
  readonly counter: string;
  readonly terminal: TerminalId;
  readonly quality: Quality;
  /** By slot. */
  readonly counts: number[];
};

export type GapRecord = {
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly counter: string;
  readonly at: UnixMs;
  readonly receivedAt: UnixMs;
  readonly first: Seq;
  readonly last: Seq;
  readonly lost: number;
  /** `declared`: the events are gone. `overflow`: counted in totals, but not one by one. */
  readonly reason: 'declared' | 'overflow';
};

export type KeptFrame = {
  readonly arrival: Arrival;
  /** The part that was new: kept frames of a log are contiguous by these. */
  readonly first: Seq;
  readonly last: Seq;
};

export type Outcome =
  | {
      readonly kind: 'stored';
      readonly terminal: TerminalId;
      readonly log: LogId;
      readonly committed: Seq;
      readonly first: Seq;
    }
  | {
      readonly kind: 'duplicate' | 'gap';
      readonly terminal: TerminalId;
      readonly log: LogId;
      readonly committed: Seq;
    };

export type ChangedClock = {
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly boot: number;
  readonly clock: BootClock;
};

/** What a group of arrivals changes. */
export type Posting = {
  /** One for each arrival, in order. */
  readonly outcomes: Outcome[];
  readonly logs: Iterable<LogState>;
  readonly clocks: Iterable<ChangedClock>;
  readonly cells: Iterable<TallyCell>;
  readonly gaps: GapRecord[];
  readonly frames: KeptFrame[];
  /** Counters whose figures changed. */
  readonly counters: Set<string>;
};
