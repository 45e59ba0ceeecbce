/** The store that every world starts from: its registry, each terminal at a counter of its own name. */
import type { UnixMs } from '../../host/instant.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { terminalHex } from '../../protocol/topic.js';
import { keyOf, terminalId } from './world.js';

export async function makeTemplate(folder: string, terminals: number): Promise<void> {
  const ids = Array.from({ length: terminals }, (_, index) => terminalId(index));
  const store = openStore(folder);
  const place = { parent: 'office', kind: 'counter', from: null, to: null } as const;
  await store.changeRegistry({
    title: null,
    places: [
      { ...place, id: 'office', parent: null, kind: 'office', name: 'office' },
      ...ids.map((id) => ({ ...place, id: terminalHex(id), name: terminalHex(id) })),
    ],
    terminals: ids.map((id) => ({ id, key: keyOf(id) })),
    assignments: ids.map((terminal) => ({
      terminal,
      counter: terminalHex(terminal),
      from: 0 as UnixMs,
      to: null,
    })),
  });
  await store.close();
}
