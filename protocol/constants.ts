/**
 * The numbers both ends of the wire agree on. Compiled by `asc` into the firmware and by `tsc` into
 * the host, so a limit cannot differ between them. Hence its plainness: integer constants only, each
 * with its unit last in the name. SPEC.md says what they mean; a test asserts how they relate.
 */

// --- Message kinds: first element of every sealed content. A changed layout gets a new kind. ---
export const KIND_BATCH = 1;
export const KIND_GAP = 2;
export const KIND_STATE = 3;
export const KIND_ACK = 4;

// --- Event codes: second element of every event. ---
export const EVENT_BOOT = 1;
/** Codes 2 to 5 are a rating on a scale of that many levels: the scale costs no byte. */
export const EVENT_RATING_MIN = 2;
export const EVENT_RATING_MAX = 5;
export const EVENT_SUPPRESSED = 6;
export const EVENT_TOTALS = 7;
export const EVENT_OVERFLOW = 8;

// --- Reset causes, argument of the boot event. ---
export const CAUSE_POWER = 0;
export const CAUSE_WATCHDOG = 1;
export const CAUSE_TRAP = 2;
export const CAUSE_REQUESTED = 3;
export const CAUSE_MAX = 3;

// --- Reasons a press was not taken as a rating, argument of the suppressed event. ---
/** Within the lock-out time after a rating. */
export const SUPPRESSED_LOCKOUT = 1;
/** Several buttons went down in the same scan: which was meant cannot be known. */
export const SUPPRESSED_SEVERAL = 2;
export const SUPPRESSED_MAX = 2;

// --- Rating scale. Level 1 is the worst, level `levels` the best. ---
export const LEVELS_MIN = 2;
export const LEVELS_MAX = 5;

// --- Running totals carried by the totals and overflow events: levels 1 to 5, then suppressed. ---
export const TOTALS_COUNT = 6;

// --- Frame and batch limits. ---
export const SEAL_TAG_BYTES = 8;
export const KEY_BYTES = 32;
/** An acknowledgement repeats this many leading bytes of the tag it answers. */
export const ECHO_BYTES = 4;
export const BATCH_EVENTS_MAX = 32;
/** Longest event: an overflow event with every argument at its widest. */
export const EVENT_BYTES_MAX = 56;
/** Longest sealed content, up or down. */
export const CONTENT_BYTES_MAX = 640;
/** Longest frame: content plus COSE_Mac0 framing (at most 18 bytes), rounded up to whole words. */
export const FRAME_BYTES_MAX = 660;
/** Longest frame a terminal must take from its `down` topic; longer ones it skips. */
export const DOWN_BYTES_MAX = 128;

// --- Number ranges. ---
/** Uptime and intervals are in centiseconds: 10 ms a count. */
export const MS_PER_CS = 10;
/** 2^32 - 1: terminals, logs, boots, sequence numbers, counters. */
export const U32_MAX = 4294967295;
/** 2^40 - 1 cs, 348 years of uptime. */
export const UPTIME_CS_MAX = 1099511627775;
