/**
 * A boot's uptime laid against wall time: a few anchors and straight lines between them, so that an
 * oscillator off by some hundred ppm still puts events into the right hour after weeks out of reach.
 * A message can be late and never early, so every anchor lies on or after the truth; one that a later
 * message shows to be late is dropped. What contradicts the track is heard as a rival first: one
 * message, however wrong, never moves the clock for good. Pure; all numbers are whole milliseconds.
 */

/** An uptime, and the time at which a message sent then was received. */
export type Anchor = readonly [uptimeMs: number, wallMs: number];

/** Messages that cannot be reconciled with the track: too early for it, or later and later. */
export type Rival = {
  readonly early: boolean;
  /** The one that came soonest. */
  readonly anchor: Anchor;
  /** Uptime of the first of them. */
  readonly sinceMs: number;
  readonly count: number;
};

/** Anchors in the order of their uptimes, at least one. */
export type Track = { readonly anchors: readonly Anchor[]; readonly rival: Rival | null };

export type Observed = {
  readonly track: Track;
  /** False when the message contradicts the track in a way that no delay explains. */
  readonly trusted: boolean;
};

export const ANCHORS_MAX = 8;
/** Any oscillator a terminal has is nearer than this to its nominal rate. */
export const DRIFT_PPM_MAX = 1000;
/** A rate once learnt may change by this much: temperature, age. */
const DRIFT_CHANGE_PPM = 50;
/** How late the ends of a span may be when a rate is learnt from it. */
const ANCHOR_LATE_MS = 10_000;
/** A rate is learnt from a span of at least this. */
const RATE_SPAN_MS = 3_600_000;
/** Anchors closer than this replace each other. */
const SPACING_MS = 600_000;
/** Below this, being sooner than the track is not worth an anchor. */
const SOONER_MS = 20;
/** Ordinary lateness, neither an anchor nor a contradiction. */
const LATE_MS = 2_000;
/** Anchors may prove to be this late; more is a contradiction. */
const ANCHOR_LATE_MS_MAX = 600_000;
const EARLY_RIVALS = 3;
const LATE_RIVALS = 8;
const LATE_RIVALS_SPAN_MS = 1_800_000;

/** The track after a message sent at an uptime and received at a wall time. */
export function observe(track: Track | null, uptimeMs: number, receivedMs: number): Observed {
  const seen: Anchor = [uptimeMs, receivedMs];
  if (track === null) return { track: { anchors: [seen], rival: null }, trusted: true };
  const expected = lineAt(track, uptimeMs);
  const nearest = Math.min(...track.anchors.map(([at]) => Math.abs(uptimeMs - at)));
  const margin = (nearest * uncertaintyPpm(track)) / 1e6;
  if (receivedMs > expected + margin + LATE_MS) return { track: heardLate(track, seen), trusted: true };
  if (receivedMs > expected + margin) return { track, trusted: true };
  if (receivedMs < expected - margin - ANCHOR_LATE_MS_MAX) return heardEarly(track, seen);
  const anchors = place(track, seen, receivedMs < expected - SOONER_MS);
  const same = anchors === track.anchors && track.rival === null;
  return { track: same ? track : { anchors, rival: null }, trusted: true };
}

/** Wall time of an uptime: between anchors on the line that joins them, beyond them at the learnt rate. */
export function wallAt(track: Track, uptimeMs: number): number {
  return Math.round(lineAt(track, uptimeMs));
}

/** How much slower than nominal the terminal's oscillator is, as far as the anchors tell. */
export function driftPpm({ anchors }: Track): number {
  const [from, fromWall] = anchors[0]!;
  const [to, toWall] = anchors.at(-1)!;
  if (to - from < RATE_SPAN_MS) return 0;
  const ppm = ((toWall - fromWall) / (to - from) - 1) * 1e6;
  return Math.max(-DRIFT_PPM_MAX, Math.min(DRIFT_PPM_MAX, ppm));
}

function uncertaintyPpm({ anchors }: Track): number {
  const span = anchors.at(-1)![0] - anchors[0]![0];
  if (span < RATE_SPAN_MS) return DRIFT_PPM_MAX;
  return Math.min(DRIFT_PPM_MAX, DRIFT_CHANGE_PPM + (ANCHOR_LATE_MS / span) * 1e6);
}

function lineAt(track: Track, uptimeMs: number): number {
  const { anchors } = track;
  const next = anchors.findIndex(([at]) => at >= uptimeMs);
  if (next > 0) return between(anchors[next - 1]!, anchors[next]!, uptimeMs);
  const [at, wall] = next === 0 ? anchors[0]! : anchors.at(-1)!;
  return wall + (uptimeMs - at) * (1 + driftPpm(track) / 1e6);
}

function between([from, fromWall]: Anchor, [to, toWall]: Anchor, uptimeMs: number): number {
  return fromWall + ((uptimeMs - from) / (to - from)) * (toWall - fromWall);
}

/** Drops the anchors that `seen` shows to be late and takes `seen` where it adds something. */
function place(track: Track, seen: Anchor, sooner: boolean): readonly Anchor[] {
  const [uptimeMs, receivedMs] = seen;
  const drift = driftPpm(track) / 1e6;
  const unsure = uncertaintyPpm(track) / 1e6;
  const kept = track.anchors.filter(([at, wall]) => {
    const ahead = at - uptimeMs;
    return wall <= receivedMs + ahead * (1 + drift) + Math.abs(ahead) * unsure;
  });
  const last = kept.at(-1);
  if (last === undefined) return [seen];
  const unchanged = kept.length === track.anchors.length ? track.anchors : kept;
  if (uptimeMs <= last[0]) return unchanged;
  if (!sooner && uptimeMs - last[0] < SPACING_MS) return unchanged;
  const before = kept.at(-2);
  if (before !== undefined && uptimeMs - before[0] < SPACING_MS) kept.pop();
  kept.push(seen);
  return thin(kept);
}

/** Makes room by dropping the anchor that the line misses least. */
function thin(anchors: Anchor[]): Anchor[] {
  if (anchors.length <= ANCHORS_MAX) return anchors;
  let least = 1;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = 1; i < anchors.length - 1; i++) {
    const [at, wall] = anchors[i]!;
    const missMs = Math.abs(wall - between(anchors[i - 1]!, anchors[i + 1]!, at));
    if (missMs < leastMs) {
      leastMs = missMs;
      least = i;
    }
  }
  return anchors.filter((_, i) => i !== least);
}

/**
 * Anyone between can delay a message, so lateness counts only when everything is late for long: then
 * the track itself was too early, from a wrong uptime or because the host's clock was set.
 */
function heardLate(track: Track, seen: Anchor): Track {
  const before = track.rival?.early === false ? track.rival : null;
  const late = ([at, wall]: Anchor) => wall - lineAt(track, at);
  const anchor = before !== null && late(before.anchor) <= late(seen) ? before.anchor : seen;
  const sinceMs = before?.sinceMs ?? seen[0];
  const count = (before?.count ?? 0) + 1;
  if (count >= LATE_RIVALS && seen[0] - sinceMs >= LATE_RIVALS_SPAN_MS) {
    return { anchors: [anchor], rival: null };
  }
  return { ...track, rival: { early: false, anchor, sinceMs, count } };
}

/** Nothing is early: either the track is late by far, or this message's uptime is wrong. */
function heardEarly(track: Track, seen: Anchor): Observed {
  const [uptimeMs, receivedMs] = seen;
  const { rival } = track;
  if (rival?.early === true) {
    const apartMs = receivedMs - rival.anchor[1] - (uptimeMs - rival.anchor[0]);
    if (Math.abs(apartMs) <= ANCHOR_LATE_MS_MAX) {
      const anchor = apartMs < 0 ? seen : rival.anchor;
      const count = rival.count + 1;
      if (count >= EARLY_RIVALS) return { track: { anchors: [anchor], rival: null }, trusted: true };
      return { track: { ...track, rival: { ...rival, anchor, count } }, trusted: false };
    }
  }
  const first: Rival = { early: true, anchor: seen, sinceMs: uptimeMs, count: 1 };
  return { track: { ...track, rival: first }, trusted: false };
}
