/**
 * What the page knows, and how it comes to know it: figures fetched when the live stream says they
 * changed, after a reconnection, and every minute in case something was missed. Old figures stay while
 * new ones are fetched; an answer to a question no longer asked is dropped.
 */
import type { Hours, LiveEvents, Problem, Summary, Terminal, VirtualTerminal } from '../api/schema.js';
import type { Client, Days, Outcome } from './client.js';
import { dayOf, daysBefore } from './format.js';
import { listenLive, type OpenSource, type Timers } from './live.js';
import { Refresher } from './refresher.js';

export const PERIODS = { today: 1, week: 7, fortnight: 14 } as const;
export type PeriodName = keyof typeof PERIODS;
/** 48 hours touch three days of the calendar. */
export const SPANS = { hours: 3, days: 14 } as const;
export type SpanName = keyof typeof SPANS;

export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T; readonly busy: boolean }
  | { readonly kind: 'failed'; readonly problem: Problem | null };

export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly sinceMs: number };

export type FeedState = {
  readonly summary: Loaded<Summary>;
  readonly hours: Loaded<Hours & { readonly span: SpanName }>;
  /** Terminals whose own counts differ from the host's. */
  readonly apart: readonly Terminal[];
  readonly virtual: VirtualTerminal | null;
  readonly link: Link;
  readonly period: PeriodName;
  readonly span: SpanName;
};

export type FeedParts = {
  readonly client: Client;
  readonly openSource: OpenSource;
  readonly timers: Timers;
  readonly clock: () => number;
  /** A page nobody sees asks for nothing. */
  readonly visible: () => boolean;
};

const SETTLE_MS = 50;
const SUMMARY_GAP_MS = 400;
const HOURS_GAP_MS = 3_000;
const BACKSTOP_MS = 60_000;
const RETRY_MS = 5_000;

export class Feed {
  state: FeedState;
  private zone: string | null = null;
  private readonly summaries: Refresher;
  private readonly charts: Refresher;
  private stale = false;
  private streaming = false;
  private timer: number | null = null;

  constructor(
    private readonly parts: FeedParts,
    period: PeriodName,
    private readonly changed: (state: FeedState) => void,
  ) {
    const loading = { kind: 'loading' } as const;
    const link = { kind: 'connecting' } as const;
    this.state = { summary: loading, hours: loading, apart: [], virtual: null, link, period, span: 'hours' };
    const { timers, clock } = parts;
    this.summaries = new Refresher(() => this.fetchSummary(), timers, clock, SETTLE_MS, SUMMARY_GAP_MS);
    const slow = async () => void (await Promise.all([this.fetchHours(), this.fetchApart()]));
    this.charts = new Refresher(slow, timers, clock, SETTLE_MS, HOURS_GAP_MS);
  }

  /** Starts listening; the returned function stops it. */
  start(): () => void {
    const { openSource, timers } = this.parts;
    void this.refreshAll();
    const close = listenLive(openSource, timers, {
      opened: () => {
        this.streaming = true;
        // What happened while nobody listened is unknown: everything is read again.
        if (this.state.link.kind === 'lost') void this.refreshAll();
        else this.set({ link: { kind: 'live' } });
      },
      lost: () => {
        this.streaming = false;
        this.lost();
      },
      told: (event, data) => this.told(event, data),
    });
    this.askAgain(BACKSTOP_MS);
    return () => {
      if (this.timer !== null) timers.stop(this.timer);
      close();
    };
  }

  choosePeriod(period: PeriodName): void {
    this.set({ period, summary: busy(this.state.summary) });
    void this.summaries.now();
  }

  chooseSpan(span: SpanName): void {
    this.set({ span, hours: busy(this.state.hours) });
    void this.charts.now();
  }

  retry(): void {
    this.set({ summary: { kind: 'loading' } });
    void this.refreshAll();
  }

  /** The page was hidden and is seen again. */
  shown(): void {
    if (this.stale) this.ask();
  }

  press(button: number): Promise<Outcome<null>> {
    return this.parts.client.press(button);
  }

  private told<K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): void {
    if (event === 'screen') {
      const { virtual } = this.state;
      if (virtual !== null) this.set({ virtual: { ...virtual, ...(data as LiveEvents['screen']) } });
    } else {
      this.ask();
    }
  }

  private ask(): void {
    this.stale = !this.parts.visible();
    if (this.stale) return;
    this.summaries.ask();
    this.charts.ask();
  }

  /** Asks after a while, and from then on every minute. */
  private askAgain(delayMs: number): void {
    const { timers } = this.parts;
    if (this.timer !== null) timers.stop(this.timer);
    this.timer = timers.start(() => {
      this.askAgain(BACKSTOP_MS);
      this.ask();
    }, delayMs);
  }

  private async refreshAll(): Promise<void> {
    await Promise.all([this.fetchVirtual(), this.summaries.now()]);
    await this.charts.now();
  }

  private async fetchVirtual(): Promise<void> {
    const outcome = await this.parts.client.virtual();
    if (outcome.kind === 'answered') this.set({ virtual: outcome.value });
    else if (outcome.kind === 'absent') this.set({ virtual: null });
  }

  private async fetchSummary(): Promise<void> {
    const { client } = this.parts;
    const { period } = this.state;
    let outcome = await client.summary(this.lastDays(PERIODS[period]));
    if (outcome.kind === 'answered' && this.zone === null) {
      // The first answer, of the host's own choice of days, tells which zone the days are of.
      this.zone = outcome.value.period.zone;
      const days = this.lastDays(PERIODS[period]);
      const { from, to } = outcome.value.period;
      if (days?.from !== from || days.to !== to) outcome = await client.summary(days);
    }
    if (period !== this.state.period) return;
    const summary = this.loaded(this.state.summary, outcome);
    this.set({ summary });
  }

  private async fetchHours(): Promise<void> {
    const { span } = this.state;
    const outcome = await this.parts.client.hours(this.lastDays(SPANS[span]));
    if (span !== this.state.span) return;
    const withSpan: Outcome<Hours & { span: SpanName }> =
      outcome.kind === 'answered' ? { kind: 'answered', value: { ...outcome.value, span } } : outcome;
    const hours = this.loaded(this.state.hours, withSpan);
    this.set({ hours });
  }

  private async fetchApart(): Promise<void> {
    const outcome = await this.parts.client.terminals();
    if (outcome.kind !== 'answered') return;
    const { terminals } = outcome.value;
    this.set({ apart: terminals.filter(({ difference }) => difference?.some((more) => more !== 0)) });
  }

  /** The last so many days up to the host's today; null while its zone is unknown. */
  private lastDays(days: number): Days {
    if (this.zone === null) return null;
    const to = dayOf(this.parts.client.now(), this.zone);
    return { from: daysBefore(to, days - 1), to };
  }

  private loaded<T>(before: Loaded<T>, outcome: Outcome<T>): Loaded<T> {
    if (outcome.kind === 'answered') {
      if (this.streaming) this.set({ link: { kind: 'live' } });
      return { kind: 'ready', value: outcome.value, busy: false };
    }
    // Figures once shown stay; only the link says that they age.
    if (outcome.kind === 'unreachable') this.lost();
    this.askAgain(RETRY_MS);
    if (before.kind === 'ready') return { ...before, busy: false };
    return { kind: 'failed', problem: outcome.kind === 'refused' ? outcome.problem : null };
  }

  private lost(): void {
    if (this.state.link.kind !== 'lost') this.set({ link: { kind: 'lost', sinceMs: this.parts.clock() } });
  }

  private set(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    this.changed(this.state);
  }
}

function busy<T>(loaded: Loaded<T>): Loaded<T> {
  return loaded.kind === 'ready' ? { ...loaded, busy: true } : { kind: 'loading' };
}
