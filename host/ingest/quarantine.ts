/**
 * What is refused, bounded twice: a row is cut to size, and each source may fill only so many rows a
 * minute; past that it is only counted. A terminal gone wrong, or an attacker, can therefore neither
 * fill the disk nor push everyone else's evidence out at once.
 */
import { parseTopic, terminalHex } from '../../protocol/topic.js';
import type { UnixMs } from '../instant.js';
import type { QuarantineRow } from '../store/store.js';

export const QUARANTINE_TOPIC_CHARS_MAX = 128;
export const QUARANTINE_PAYLOAD_BYTES_MAX = 1024;
export const QUARANTINE_ROWS_PER_SOURCE_MINUTE = 60;
export const QUARANTINE_ROWS_PER_MINUTE = 600;

const MS_PER_MINUTE = 60_000;

export class Quarantine {
  private minute = -1;
  private rowsThisMinute = 0;
  private readonly bySource = new Map<string, number>();
  private rows: QuarantineRow[] = [];
  private refused = new Map<string, number>();

  add(topic: string, payload: Uint8Array, receivedAt: UnixMs, reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
    if (!this.admit(topic, receivedAt)) return;
    this.rows.push({
      receivedAt,
      topic: topic.slice(0, QUARANTINE_TOPIC_CHARS_MAX),
      reason,
      payload: payload.slice(0, QUARANTINE_PAYLOAD_BYTES_MAX),
    });
  }

  /** Rows and counts not yet committed; they are the caller's from now on. */
  take(): { rows: QuarantineRow[]; refused: Map<string, number> } {
    const { rows, refused } = this;
    this.rows = [];
    this.refused = new Map();
    return { rows, refused };
  }

  /** Takes back what a failed commit could not store; the oldest rows make room. */
  restore(rows: readonly QuarantineRow[], refused: ReadonlyMap<string, number>): void {
    this.rows = [...rows, ...this.rows].slice(-QUARANTINE_ROWS_PER_MINUTE);
    for (const [reason, count] of refused) this.refused.set(reason, (this.refused.get(reason) ?? 0) + count);
  }

  private admit(topic: string, receivedAt: UnixMs): boolean {
    const minute = Math.floor(receivedAt / MS_PER_MINUTE);
    if (minute !== this.minute) {
      this.minute = minute;
      this.rowsThisMinute = 0;
      this.bySource.clear();
    }
    const parsed = parseTopic(topic);
    const source = parsed === null ? 'other' : terminalHex(parsed.terminal);
    const fromSource = this.bySource.get(source) ?? 0;
    if (fromSource >= QUARANTINE_ROWS_PER_SOURCE_MINUTE) return false;
    if (this.rowsThisMinute >= QUARANTINE_ROWS_PER_MINUTE) return false;
    this.bySource.set(source, fromSource + 1);
    this.rowsThisMinute++;
    return true;
  }
}
