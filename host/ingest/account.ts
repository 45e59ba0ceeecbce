/**
 * Double-entry book-keeping, pure: the books before, a group of arrivals in, what changes out. Every
 * store adapter runs this same code inside its transaction, so an event counts exactly once on all of
 * them: a batch is taken only if it starts at or before the next expected number, and only its part
 * past the watermark counts. Reads no clock and writes nothing.
 */
import type { Batch, Event, Gap, LogId, Seq, TerminalId } from '../../protocol/messages.js';
import { hourOf, type UnixHour, type UnixMs } from '../instant.js';
import {
  type Arrival,
  type Books,
  type LogState,
  type Outcome,
  type Placement,
  type Posting,
  SCALE_SUPPRESSED,
  type Six,
  SLOT_STRIDE,
  SLOTS,
  type TallyCell,
} from './books.js';
import { type BootClock, bound, eventTime, observe, type Quality } from './clock.js';

export function account(books: Books, arrivals: readonly Arrival[]): Posting {
  return new Accountant(books).run(arrivals);
}

class Accountant {
  private readonly logs = new Map<string, LogState>();
  private readonly places = new Map<TerminalId, readonly Placement[]>();
  private readonly posting: Posting = {
    outcomes: [],
    logs: new Set(),
    clocks: new Map(),
    cells: new Map(),
    gaps: [],
    frames: [],
    counters: new Set(),
  };
  /** The cell of the event before: events of a batch nearly always share one. */
  private cell: TallyCell | null = null;

  constructor(private readonly books: Books) {}

  run(arrivals: readonly Arrival[]): Posting {
    for (const arrival of arrivals) this.posting.outcomes.push(this.take(arrival));
    return this.posting;
  }

  private take(arrival: Arrival): Outcome {
    const { message } = arrival;
    const state = this.log(message.terminal, message.log);
    const first = message.kind === 'batch' ? message.first : message.from;
    const last = (message.kind === 'batch' ? first + message.events.length - 1 : message.to) as Seq;
    const expected = (state.committed + 1) as Seq;
    const answer = { terminal: message.terminal, log: message.log };
    if (first > expected) return { kind: 'gap', ...answer, committed: state.committed };
    if (last < expected) {
      // A late copy still tells the time: its sent uptime can only be confirmed or improved.
      if (message.kind === 'batch' && state.committed > 0) this.runningClock(message, arrival.receivedAt);
      return { kind: 'duplicate', ...answer, committed: state.committed };
    }
    if (message.kind === 'batch') this.takeBatch(state, message, arrival, expected);
    else this.takeGap(state, message, arrival, expected);
    state.committed = last;
    state.receivedAt = arrival.receivedAt;
    this.posting.logs.add(state);
    this.posting.frames.push({ arrival, first: expected, last });
    return { kind: 'stored', ...answer, committed: last, first: expected };
  }

  private takeBatch(state: LogState, batch: Batch, arrival: Arrival, expected: Seq): void {
    const { receivedAt } = arrival;
    const clock = this.eventClock(state, batch, receivedAt);
    const runs = typeof batch.sent === 'number' ? batch.boot : batch.sent.boot;
    if (runs > state.boot) state.boot = runs;
    let uptime: number = batch.base;
    let seq: number = batch.first;
    this.cell = null;
    for (const event of batch.events) {
      uptime += event.delta;
      if (seq >= expected) {
        const at = eventTime(clock, uptime, receivedAt);
        this.count(state, event, seq as Seq, at, clock.quality, receivedAt);
        if (state.lastEventAt === null || at > state.lastEventAt) state.lastEventAt = at;
        if (clock.quality === 'exact' && (state.knownEventAt === null || at > state.knownEventAt)) {
          state.knownEventAt = at;
        }
      }
      seq++;
    }
  }

  private takeGap(state: LogState, gap: Gap, arrival: Arrival, expected: Seq): void {
    const lost = gap.to - expected + 1;
    const counter = this.counterAt(gap.terminal, arrival.receivedAt);
    state.missing += lost;
    this.posting.counters.add(counter);
    this.posting.gaps.push({
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
        this.tally(state.terminal, at, quality, event.scale, event.level, 1);
        return;
      case 'suppressed':
        state.counted[5] += event.count;
        this.tally(state.terminal, at, quality, SCALE_SUPPRESSED, event.reason, event.count);
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
      if (i < 5) this.tally(state.terminal, at, 'bounded', Math.max(event.scale, i + 1), i + 1, count);
      else this.tally(state.terminal, at, 'bounded', SCALE_SUPPRESSED, 0, count);
    }
    const counter = this.counterAt(state.terminal, at);
    this.posting.gaps.push({
      terminal: state.terminal,
      log: state.log,
      counter,
      at,
      receivedAt,
      first: seq,
      last: seq,
      lost: event.lost,
      reason: 'overflow',
    });
  }

  private tally(
    terminal: TerminalId,
    at: UnixMs,
    quality: Quality,
    scale: number,
    level: number,
    count: number,
  ): void {
    const hour = hourOf(at);
    const counter = this.counterAt(terminal, at);
    let cell = this.cell;
    if (
      cell === null ||
      cell.hour !== hour ||
      cell.counter !== counter ||
      cell.quality !== quality ||
      cell.terminal !== terminal
    ) {
      cell = this.cellOf(hour, counter, terminal, quality);
      this.cell = cell;
      this.posting.counters.add(counter);
    }
    cell.counts[scale * SLOT_STRIDE + level]! += count;
  }

  private cellOf(hour: UnixHour, counter: string, terminal: TerminalId, quality: Quality): TallyCell {
    const key = `${hour} ${terminal} ${quality} ${counter}`;
    const known = this.posting.cells.get(key);
    if (known !== undefined) return known;
    const cell = { hour, counter, terminal, quality, counts: new Float64Array(SLOTS) };
    this.posting.cells.set(key, cell);
    return cell;
  }

  /** Takes a batch's sent time as an observation of the boot that runs; returns that boot's clock. */
  private runningClock(batch: Batch, receivedAt: UnixMs): BootClock {
    return typeof batch.sent === 'number'
      ? this.observed(batch, batch.boot, receivedAt, batch.base + batch.sent)
      : this.observed(batch, batch.sent.boot, receivedAt, batch.sent.uptime);
  }

  private observed(batch: Batch, boot: number, receivedAt: UnixMs, uptime: number): BootClock {
    const before = this.clock(batch.terminal, batch.log, boot);
    return this.keepClock(batch, boot, before, observe(before, receivedAt, uptime));
  }

  /** The clock of the boot in which the batch's events happened. */
  private eventClock(state: LogState, batch: Batch, receivedAt: UnixMs): BootClock {
    const running = this.runningClock(batch, receivedAt);
    if (typeof batch.sent === 'number') return running;
    const before = this.clock(batch.terminal, batch.log, batch.boot);
    let lastUptime: number = batch.base;
    for (const event of batch.events) lastUptime += event.delta;
    const facts = { runningStartMs: running.offsetMs, lastUptime, knownEventAt: state.knownEventAt };
    return this.keepClock(batch, batch.boot, before, bound(before, facts));
  }

  private clock(terminal: TerminalId, log: LogId, boot: number): BootClock | undefined {
    const kept = this.posting.clocks.get(`${terminal} ${log} ${boot}`);
    return kept !== undefined ? kept.clock : this.books.clock(terminal, log, boot);
  }

  private keepClock(batch: Batch, boot: number, before: BootClock | undefined, clock: BootClock): BootClock {
    if (clock !== before) {
      const { terminal, log } = batch;
      this.posting.clocks.set(`${terminal} ${log} ${boot}`, { terminal, log, boot, clock });
    }
    return clock;
  }

  private log(terminal: TerminalId, log: LogId): LogState {
    const key = `${terminal} ${log}`;
    const known = this.logs.get(key);
    if (known !== undefined) return known;
    const state = this.books.log(terminal, log) ?? newLog(terminal, log);
    this.logs.set(key, state);
    return state;
  }

  private counterAt(terminal: TerminalId, at: UnixMs): string {
    let placements = this.places.get(terminal);
    if (placements === undefined) {
      placements = this.books.placements(terminal);
      this.places.set(terminal, placements);
    }
    for (const placement of placements) {
      if (at >= placement.from && (placement.to === null || at < placement.to)) return placement.counter;
    }
    return '';
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
