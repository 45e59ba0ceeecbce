/**
 * Server-sent events: tells open pages that something changed, never what the figures are, so a page
 * that missed one loses nothing by fetching. Bounded: so many listeners, and one that does not read is
 * dropped rather than buffered for.
 */
import type { ServerResponse } from 'node:http';
import type { LiveEvents } from './schema.js';

export const LISTENERS_MAX = 500;
export const HEARTBEAT_MS = 15_000;
/** Changes within this time are told together. */
export const TALLY_NOTICE_MS = 200;
const UNREAD_BYTES_MAX = 65_536;

export class LiveHub {
  private readonly listeners = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;
  private readonly changed = new Set<string>();
  private notice: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(heartbeatMs = HEARTBEAT_MS) {
    this.heartbeat = setInterval(() => this.send(': heartbeat\n\n'), heartbeatMs);
    this.heartbeat.unref();
  }

  get count(): number {
    return this.listeners.size;
  }

  /** Streams to `response` until either side ends it; false when there is no room. */
  attach(response: ServerResponse): boolean {
    if (this.closed || this.listeners.size >= LISTENERS_MAX) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    response.write(': connected\n\n');
    this.listeners.add(response);
    response.on('close', () => this.listeners.delete(response));
    response.on('error', () => this.listeners.delete(response));
    return true;
  }

  publish<E extends keyof LiveEvents>(event: E, data: LiveEvents[E]): void {
    this.send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Tells of changed offices soon, in one event for all that change meanwhile. */
  tallyChanged(offices: readonly string[]): void {
    for (const office of offices) this.changed.add(office);
    if (this.closed || this.changed.size === 0) return;
    this.notice ??= setTimeout(() => {
      this.notice = null;
      this.publish('tally', { offices: [...this.changed] });
      this.changed.clear();
    }, TALLY_NOTICE_MS);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.heartbeat);
    if (this.notice !== null) clearTimeout(this.notice);
    for (const listener of this.listeners) listener.end();
    this.listeners.clear();
  }

  private send(text: string): void {
    for (const listener of this.listeners) {
      if (listener.writableLength > UNREAD_BYTES_MAX) listener.destroy();
      else listener.write(text);
    }
  }
}
