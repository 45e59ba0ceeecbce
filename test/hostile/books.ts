/**
 * What a host that loses nothing knows of one terminal from its frames alone, and which numbers the
 * next frame may begin with. Breaks off at the first frame that contradicts what was sent or
 * acknowledged before.
 */
import { decode } from '../../protocol/codec.js';
import type { Batch, Event, LogId, TerminalId, UpMessage } from '../../protocol/messages.js';
import { echoOf, open } from '../../protocol/seal.js';

/** Events remembered to be compared with what is sent again. */
const REMEMBERED_MAX = 2048;

export class TerminalBooks {
  /** Every event up to this number is here. */
  watermark = 0;
  /** Ratings by level. */
  readonly ratings: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  log = 0 as LogId;
  frames = 0;
  gaps = 0;
  /** Tag of the frame in flight on this connection; null when none is. */
  echo: number | null = null;
  /** Numbers that the next frame may begin with. */
  private mayBegin = new Set([1]);
  private acknowledgedMost = 0;
  private restarted = false;
  private readonly seen = new Map<number, string>();

  constructor(
    private readonly terminal: TerminalId,
    private readonly key: Uint8Array,
  ) {}

  /** A valid acknowledgement has been handed over; `surely` if it must have been taken by now. */
  acknowledged(committed: number, surely: boolean): void {
    this.acknowledgedMost = Math.max(this.acknowledgedMost, committed);
    if (surely) this.mayBegin.clear();
    this.mayBegin.add(committed + 1);
    if (surely) this.echo = null;
  }

  /** After a restart the terminal may have forgotten the latest acknowledgements; it invents none. */
  powerCut(): void {
    this.echo = null;
    this.restarted = true;
  }

  disconnected(): void {
    this.echo = null;
  }

  take(frame: Uint8Array): void {
    const opened = open(this.key, 'up', frame);
    if (opened.kind !== 'ok') throw new Error(`the terminal sent a bad frame: ${opened.code}`);
    const decoded = decode(opened.content);
    if (decoded.kind !== 'ok') throw new Error(`the terminal sent bad content: ${decoded.code}`);
    const message = decoded.message as UpMessage;
    if (message.terminal !== this.terminal) throw new Error('the terminal took another id');
    if (this.log === 0) this.log = message.log;
    if (message.log !== this.log) throw new Error('the terminal began a new log');
    this.frames++;
    this.begins(message.kind === 'batch' ? message.first : message.from);
    if (message.kind === 'batch') this.takeBatch(message);
    else {
      this.gaps++;
      if (message.to > this.watermark) throw new Error(`events ${message.from} to ${message.to} are lost`);
    }
    this.echo = echoOf(frame);
  }

  private begins(first: number): void {
    const allowed = this.restarted ? first <= this.acknowledgedMost + 1 : this.mayBegin.has(first);
    if (!allowed) {
      throw new Error(`a frame begins at ${first}, not at ${[...this.mayBegin].join(' or ')}: released`);
    }
    this.restarted = false;
    this.mayBegin.clear();
    this.mayBegin.add(first);
  }

  private takeBatch({ first, events }: Batch): void {
    events.forEach((event, i) => {
      const seq = first + i;
      // The time of a batch's first event is its base: only what is said is the same each time.
      const said = JSON.stringify({ ...event, delta: 0 });
      const before = this.seen.get(seq);
      if (before !== undefined && before !== said) throw new Error(`event ${seq} has changed: ${said}`);
      if (seq > this.watermark + 1) throw new Error(`event ${seq} follows ${this.watermark}`);
      if (seq <= this.watermark) return;
      this.watermark = seq;
      this.seen.set(seq, said);
      this.seen.delete(seq - REMEMBERED_MAX);
      this.count(event);
    });
  }

  private count(event: Event): void {
    if (event.kind === 'rating') this.ratings[(event.level - 1) as 0]++;
    else if (event.kind === 'overflow') {
      for (let i = 0; i < 5; i++) this.ratings[i as 0] += event.totals[i as 0];
    }
  }
}
