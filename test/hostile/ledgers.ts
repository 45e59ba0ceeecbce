/** The two stores that ingest is attacked on: maps for speed, and the real SQLite file. */
import { SLOT_STRIDE } from '../../host/ingest/books.js';
import type { UnixHour, UnixMs } from '../../host/instant.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { QUARANTINE_ROWS_MAX } from '../../host/store/store.js';
import type { TerminalId } from '../../protocol/messages.js';
import { counterOf, HONEST_IDS, keyOf, type Ledger, TURNCOAT_IDS } from './ingest.js';
import { MemoryStore } from './memory-store.js';

const TERMINALS: readonly TerminalId[] = [...HONEST_IDS, ...TURNCOAT_IDS];
const ALL_HOURS = { from: 0 as UnixHour, to: 1_000_000 as UnixHour };

export function memoryLedger(): Ledger {
  const store = new MemoryStore(new Map(TERMINALS.map((id) => [id, keyOf(id)])));
  return {
    store,
    counts: async (terminal) => store.counts.get(terminal) ?? new Map(),
    refused: async () => [...store.refused.values()].reduce((sum, count) => sum + count, 0),
    tidy: (turncoats) => {
      for (const terminal of turncoats) store.forget(terminal);
    },
    close: async () => {},
  };
}

export async function sqliteLedger(folder: string): Promise<Ledger> {
  const store = openStore(folder);
  const place = (id: string, parent: string | null, kind: 'office' | 'counter') =>
    ({ id, parent, kind, name: id, from: null, to: null }) as const;
  await store.changeRegistry({
    title: null,
    places: [place('o', null, 'office'), ...TERMINALS.map((id) => place(counterOf(id), 'o', 'counter'))],
    terminals: TERMINALS.map((id) => ({ id, key: keyOf(id) })),
    assignments: TERMINALS.map((terminal) => {
      return { terminal, counter: counterOf(terminal), from: 0 as UnixMs, to: null };
    }),
  });
  return {
    store,
    counts: async (terminal) => {
      const counts = new Map<number, number>();
      for (const { counter, scale, level, count } of await store.tallies(ALL_HOURS)) {
        const slot = scale * SLOT_STRIDE + level;
        if (counter === counterOf(terminal)) counts.set(slot, (counts.get(slot) ?? 0) + count);
      }
      return counts;
    },
    refused: async () => Object.values(await store.refused()).reduce((sum, count) => sum + count, 0),
    tidy: () => {},
    close: async () => {
      const kept = (await store.quarantine(QUARANTINE_ROWS_MAX * 2)).length;
      if (kept > QUARANTINE_ROWS_MAX) throw new Error(`${kept} rows in the quarantine`);
      const whole = store.pragma('integrity_check');
      await store.close();
      if (whole !== 'ok') throw new Error(`the database is damaged: ${whole}`);
    },
  };
}
