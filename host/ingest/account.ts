/**
 * Double-entry book-keeping, pure: the books before, a group of arrivals in, what changes out. Every
 * store adapter runs this same code inside its transaction, so an event counts exactly once on all of
 * them: a batch is taken only if it starts at or before the next expected number, and only its part
 * past the watermark counts. What changes depends on the frames that are kept and on nothing else, so a
 * rebuild comes to the same books. Reads no clock and writes nothing.
 */
import type { Batch, Event, Gap, LogId, Seq, TerminalId } from '../../protocol/messages.js';
import type { UnixMs } from '../instant.js';
import {
  type Arrival,
  type Books,
  type GapRecord,
  type KeptFrame,
  type LogState,
  type Outcome,
  type Posting,
  SCALE_SUPPRESSED,
  type Six,
} from './books.js';
import { Cells } from './cells.js';
import { eventTime, type Quality } from './clock.js';
import { Clocks } from './clocks.js';

export function account(books: Books, arrivals: readonly Arrival[]): Posting {
  return new Accountant(books).run(arrivals);
}

class Accountant {
  private readonly logs = new Map<string, LogState>();
  private readonly changed = new Set<LogState>();
  private readonly cells: Cells;
  private readonly clocks: Clocks;
  private readonly gaps: GapRecord[] = [];
  private readonly frames: KeptFrame[] = [];

  constructor(private readonly books: Books) {
    this.cells = new Cells(books);
    this.clocks = new Clocks(books);
  }

  run(arrivals: readonly Arrival[]): Posting {
    const outcomes = arrivals.map((arrival) => this.take(arrival));
    const { changed, cells, clocks, gaps, frames } = this;
    const counters = new Set(gaps.map(({ counter }) => counter));
    for (const { counter } of cells.all.values()) counters.add(counter);
    return {
      outcomes,
      logs: changed,
      clocks: clocks.changed.values(),
      cells: cells.all.values(),
      gaps,
      frames,
      counters,
    };
  }

  private take(arrival: Arrival): Outcome {
    const { message } = arrival;
    const state = this.log(message.terminal, message.log);
    const first = message.kind === 'batch' ? message.first : message.from;
    const last = (message.kind === 'batch' ? first + message.events.length - 1 : message.to) as Seq;
    const expected = (state.committed + 1) as Seq;
    const answer = { terminal: message.terminal, log: message.log };
    if (first > expected) return { kind: 'gap', ...answer, committed: state.committed };
    if (last < expected) return { kind: 'duplicate', ...answer, committed: state.committed };
    if (message.kind === 'batch') this.takeBatch(state, message, arrival, expected);
    else this.takeGap(state, message, arrival, expected);
    state.committed = last;
    state.receivedAt = arrival.receivedAt;
    this.changed.add(state);
    this.frames.push({ arrival, first: expected, last });
    return { kind: 'stored', ...answer, committed: last, first: expected };
  }

  private takeBatch(state: LogState, batch: Batch, arrival: Arrival, expected: Seq): void {
    const { receivedAt } = arrival;
    const reading = this.clocks.read(batch, receivedAt, state.knownEventAt);
    const { quality } = reading;
    const runs = typeof batch.sent === 'number' ? batch.boot : batch.sent.boot;
    if (runs > state.boot) state.boot = runs;
    let uptime: number = batch.base;
    let seq: number = batch.first;
    for (const event of batch.events) {
      uptime += event.delta;
      if (seq >= expected) {
        const at = eventTime(reading, uptime);
        this.count(state, event, seq as Seq, at, quality, receivedAt);
        if (state.lastEventAt === null || at > state.lastEventAt) state.lastEventAt = at;
        if (quality === 'exact' && (state.knownEventAt === null || at > state.knownEventAt)) {
          state.knownEventAt = at;
        }
      }
      seq++;
    }
  }

  private takeGap(state: LogState, gap: Gap, arrival: Arrival, expected: Seq): void {
    const lost = gap.to - expected + 1;
    const counter = this.cells.counterAt(gap.terminal, arrival.receivedAt);
    state.missing += lost;
    this.gaps.push({
      terminal: gap.terminal,
      log: gap.log,
      counter,
      at: arrival.receivedAt,
      receivedAt: arrival.receivedAt,
      first: expected,
      last: gap.to,
      lost,
      reason: 'declared',
    });
  }

  private count(
    state: LogState,
    event: Event,
    seq: Seq,
    at: UnixMs,
    quality: Quality,
    receivedAt: UnixMs,
  ): void {
    switch (event.kind) {
      case 'rating':
        state.counted[(event.level - 1) as 0]++;
        this.cells.add(state.terminal, at, quality, event.scale, event.level, 1);
        return;
      case 'suppressed':
        state.counted[5] += event.count;
        this.cells.add(state.terminal, at, quality, SCALE_SUPPRESSED, event.reason, event.count);
        return;
      case 'totals':
        state.difference = event.totals.map((total, i) => total - state.counted[i as 0]) as Six;
        return;
      case 'overflow':
        this.countOverflow(state, event, seq, at, receivedAt);
        return;
      case 'boot':
        return;
    }
  }

  /** Presses counted while the log was full: their number is right, their time only roughly known. */
  private countOverflow(
    state: LogState,
    event: Extract<Event, { kind: 'overflow' }>,
    seq: Seq,
    at: UnixMs,
    receivedAt: UnixMs,
  ): void {
    for (let i = 0; i < event.totals.length; i++) {
      const count = event.totals[i as 0];
      if (count === 0) continue;
      state.counted[i as 0] += count;
      // A level above the scale in force was pressed on a wider scale earlier in the span.
      if (i < 5) this.cells.add(state.terminal, at, 'bounded', Math.max(event.scale, i + 1), i + 1, count);
      else this.cells.add(state.terminal, at, 'bounded', SCALE_SUPPRESSED, 0, count);
    }
    this.gaps.push({
      terminal: state.terminal,
      log: state.log,
      counter: this.cells.counterAt(state.terminal, at),
      at,
      receivedAt,
      first: seq,
      last: seq,
      lost: event.lost,
      reason: 'overflow',
    });
  }

  private log(terminal: TerminalId, log: LogId): LogState {
    const key = `${terminal} ${log}`;
    const known = this.logs.get(key);
    if (known !== undefined) return known;
    const state = this.books.log(terminal, log) ?? newLog(terminal, log);
    this.logs.set(key, state);
    return state;
  }
}

function newLog(terminal: TerminalId, log: LogId): LogState {
  return {
    terminal,
    log,
    committed: 0 as Seq,
    boot: 0,
    receivedAt: 0 as UnixMs,
    lastEventAt: null,
    knownEventAt: null,
    missing: 0,
    counted: [0, 0, 0, 0, 0, 0],
    difference: null,
  };
}
