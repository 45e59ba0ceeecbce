/**
 * The messages as TypeScript values: what the decoder returns and the encoder takes. One type a kind;
 * SPEC.md section 4 is normative. Every number is a non-negative integer.
 */

/** 32-bit terminal id; on topics and on paper it is 8 lower-case hex digits. */
export type TerminalId = number & { readonly __brand: 'TerminalId' };
/** 32-bit random id of a log, drawn when the terminal's storage is formatted. */
export type LogId = number & { readonly __brand: 'LogId' };
/** Event number, 1 for a log's first event, then consecutive for the life of the log. */
export type Seq = number & { readonly __brand: 'Seq' };
/** Centiseconds since a terminal's power-on. */
export type UptimeCs = number & { readonly __brand: 'UptimeCs' };

/** Running totals of a log: ratings by level 1 to 5, and suppressed presses. */
export type Totals = readonly [number, number, number, number, number, number];

/**
 * What an event says. `delta` is centiseconds since the event before it in the batch; for the first,
 * since the batch's `base`.
 */
export type Event = { readonly delta: number } & (
  | { readonly kind: 'boot'; readonly firmware: number; readonly cause: number; readonly levels: number }
  | { readonly kind: 'rating'; readonly scale: number; readonly level: number }
  | { readonly kind: 'suppressed'; readonly reason: number; readonly count: number }
  | { readonly kind: 'totals'; readonly totals: Totals }
  | {
      readonly kind: 'overflow';
      /** Centiseconds from the first event that found the log full to the last. */
      readonly span: number;
      /** Events counted in `totals` only. */
      readonly lost: number;
      /** Scale in force, so that the counted ratings can be tallied. */
      readonly scale: number;
      /** What was counted while the log was full, not the running totals. */
      readonly totals: Totals;
    }
);

/**
 * When the batch was sent: centiseconds since `base` if its boot still runs, else the number and
 * uptime of the boot that does.
 */
export type Sent = number | { readonly boot: number; readonly uptime: UptimeCs };

export type Batch = {
  readonly kind: 'batch';
  readonly terminal: TerminalId;
  readonly log: LogId;
  /** Boot in which the events happened. */
  readonly boot: number;
  readonly first: Seq;
  /** Uptime, in `boot`, from which the first event's delta counts. */
  readonly base: UptimeCs;
  readonly sent: Sent;
  readonly events: readonly Event[];
};

/** The terminal declares that events `from` to `to`, inclusive, can never be delivered. */
export type Gap = {
  readonly kind: 'gap';
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly from: Seq;
  readonly to: Seq;
};

/** Retained on the `state` topic: `online` true at connect, false as the last will. */
export type State = {
  readonly kind: 'state';
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly boot: number;
  /** Connections made in this boot; a last will older than the newest state is ignored. */
  readonly session: number;
  readonly online: boolean;
};

/** The host has durably committed every event of the log up to `committed`; 0 for none. */
export type Ack = {
  readonly kind: 'ack';
  readonly terminal: TerminalId;
  readonly log: LogId;
  readonly committed: Seq;
  /** First four bytes of the tag of the frame this answers: an old acknowledgement is not taken. */
  readonly echo: number;
};

/** What travels on `up`. */
export type UpMessage = Batch | Gap;
export type Message = UpMessage | State | Ack;

/** Why a frame or content was refused. `code` is stable: it is stored in the quarantine. */
export type RejectCode =
  | 'truncated'
  | 'trailing'
  | 'non_minimal'
  | 'wrong_type'
  | 'wrong_length'
  | 'out_of_range'
  | 'unknown_kind'
  | 'unknown_event'
  | 'bad_frame'
  | 'bad_tag'
  | 'too_long';
