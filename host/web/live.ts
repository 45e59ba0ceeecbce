/**
 * Change as the host tells it, over server-sent events. The browser reconnects a broken stream by
 * itself; a stream that was refused it gives up, so that one is opened again here, ever more slowly.
 */
import type { LiveEvents } from '../api/schema.js';

export type LiveListener = {
  readonly opened: () => void;
  readonly lost: () => void;
  readonly told: <K extends keyof LiveEvents>(event: K, data: LiveEvents[K]) => void;
};

export type Timers = {
  readonly start: (run: () => void, delayMs: number) => number;
  readonly stop: (timer: number) => void;
};

export type OpenSource = (path: string) => EventSource;

const PATH = '/api/v1/live';
const EVENTS = ['tally', 'presence', 'screen'] as const satisfies (keyof LiveEvents)[];
const REOPEN_MS_MIN = 1_000;
const REOPEN_MS_MAX = 15_000;

/** Keeps a stream open until the returned function is called. */
export function listenLive(open: OpenSource, timers: Timers, listener: LiveListener): () => void {
  let source: EventSource;
  let timer: number | null = null;
  let delayMs = REOPEN_MS_MIN;

  function connect(): void {
    timer = null;
    source = open(PATH);
    source.onopen = () => {
      delayMs = REOPEN_MS_MIN;
      listener.opened();
    };
    source.onerror = () => {
      listener.lost();
      if (source.readyState !== source.CLOSED) return;
      timer = timers.start(connect, delayMs);
      delayMs = Math.min(delayMs * 2, REOPEN_MS_MAX);
    };
    for (const event of EVENTS) {
      source.addEventListener(event, ({ data }: MessageEvent<string>) =>
        listener.told(event, JSON.parse(data)),
      );
    }
  }

  connect();
  return () => {
    if (timer !== null) timers.stop(timer);
    source.close();
  };
}
