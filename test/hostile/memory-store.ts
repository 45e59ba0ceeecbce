/**
 * A store that forgets: the real accounting over maps, no database. For the speed of millions of
 * inputs; the same target runs on the real SQLite store as well. Only what ingest calls is here.
 */
import { account } from '../../host/ingest/account.js';
import type { LogState } from '../../host/ingest/books.js';
import type { BootClock } from '../../host/ingest/clock.js';
import type { CommitGroup, Committed, Store } from '../../host/store/store.js';
import type { LogId, TerminalId } from '../../protocol/messages.js';

/** What ingest asks of a store. */
export type IngestStore = Pick<Store, 'keys' | 'logs' | 'commit'>;

export class MemoryStore implements IngestStore {
  /** Counts by terminal and slot, `scale * SLOT_STRIDE + level`. */
  readonly counts = new Map<TerminalId, Map<number, number>>();
  readonly refused = new Map<string, number>();
  private readonly books = new Map<string, LogState>();
  private readonly clocks = new Map<string, BootClock>();

  constructor(private readonly known: ReadonlyMap<TerminalId, Uint8Array>) {}

  async keys(terminals: readonly TerminalId[]): Promise<Map<TerminalId, Uint8Array>> {
    const found = new Map<TerminalId, Uint8Array>();
    for (const terminal of terminals) {
      const key = this.known.get(terminal);
      if (key !== undefined) found.set(terminal, key);
    }
    return found;
  }

  async logs(terminals: readonly TerminalId[]): Promise<Map<TerminalId, LogId[]>> {
    const newestFirst = [...this.books.values()].sort((a, b) => b.receivedAt - a.receivedAt);
    return new Map(
      terminals.map((id) => [id, newestFirst.filter((one) => one.terminal === id).map(({ log }) => log)]),
    );
  }

  async commit({ arrivals, refused }: CommitGroup): Promise<Committed> {
    const before = {
      log: (terminal: TerminalId, log: LogId) => this.books.get(`${terminal} ${log}`),
      clock: (terminal: TerminalId, log: LogId, boot: number) =>
        this.clocks.get(`${terminal} ${log} ${boot}`),
      placements: () => [],
    };
    const posting = account(before, arrivals);
    for (const state of posting.logs) this.books.set(`${state.terminal} ${state.log}`, state);
    for (const { terminal, log, boot, clock } of posting.clocks) {
      this.clocks.set(`${terminal} ${log} ${boot}`, clock);
    }
    for (const { terminal, counts } of posting.cells) this.add(terminal, counts);
    for (const [reason, count] of refused) this.refused.set(reason, (this.refused.get(reason) ?? 0) + count);
    return { outcomes: posting.outcomes, offices: [] };
  }

  /** Drops the logs and clocks of a terminal that makes new ones without end. */
  forget(terminal: TerminalId): void {
    for (const map of [this.books, this.clocks]) {
      for (const key of map.keys()) if (key.startsWith(`${terminal} `)) map.delete(key);
    }
  }

  private add(terminal: TerminalId, counts: readonly number[]): void {
    let mine = this.counts.get(terminal);
    if (mine === undefined) {
      mine = new Map();
      this.counts.set(terminal, mine);
    }
    counts.forEach((count, slot) => {
      if (count > 0) mine.set(slot, (mine.get(slot) ?? 0) + count);
    });
  }
}
