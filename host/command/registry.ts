/**
 * `hailong registry load` and `show`: places, terminals and where they stand. Loading works while the
 * host runs. Keys go in and are never printed.
 */
import { terminalHex } from '../../protocol/topic.js';
import { text } from '../catalogue.js';
import { readConfig, readJson } from '../config.js';
import { isoOf } from '../instant.js';
import { loadRegistry, Registry } from '../registry/registry.js';
import { openStore, openStoreForReading } from '../store/sqlite/store.js';
import type { Place, RegistryView } from '../store/store.js';
import type { Console } from './console.js';

export type RegistryOptions = {
  readonly data: string;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
};

export async function registryLoadCommand(
  console: Console,
  file: string,
  options: RegistryOptions,
): Promise<number> {
  const { zone } = readConfig(options.config);
  const document = readJson(file);
  const store = openStore(options.data);
  try {
    const { places, terminals } = await loadRegistry(store, document, zone);
    console.out(text(console.lang, 'registry.loaded', { places, terminals }));
    return 0;
  } finally {
    await store.close();
  }
}

export async function registryShowCommand(console: Console, options: RegistryOptions): Promise<number> {
  const store = openStoreForReading(options.data);
  try {
    const view = await store.registry();
    if (options.json === true) console.out(JSON.stringify(documentOf(view), null, 2));
    else for (const line of treeLines(view, console)) console.out(line);
    return 0;
  } finally {
    await store.close();
  }
}

const isoOrNull = (at: Place['from']) => (at === null ? null : isoOf(at));

/** The document that would make this registry, without the keys. */
function documentOf({ title, places, terminals, assignments }: RegistryView): unknown {
  const unplaced = terminals.filter((id) => !assignments.some((one) => one.terminal === id));
  return {
    title,
    places: places.map((place) => ({ ...place, from: isoOrNull(place.from), to: isoOrNull(place.to) })),
    terminals: [
      ...assignments.map(({ terminal, counter, from, to }) => ({
        id: terminalHex(terminal),
        counter,
        from: isoOf(from),
        to: isoOrNull(to),
      })),
      ...unplaced.map((id) => ({ id: terminalHex(id), counter: null, from: null, to: null })),
    ],
  };
}

function treeLines(view: RegistryView, { lang, now }: Console): string[] {
  const registry = new Registry(view);
  const lines = [view.title];
  const here = new Map(view.terminals.map((id) => [id, registry.assignmentAt(id, now())?.counter]));
  const below = (parent: string | null, depth: number) => {
    for (const place of view.places.filter((one) => one.parent === parent)) {
      const ended = place.to !== null && place.to <= now() ? ` ${text(lang, 'registry.ended')}` : '';
      lines.push(`${'  '.repeat(depth)}${place.name} [${place.id}]${ended}`);
      for (const [id, counter] of here) {
        if (counter === place.id) lines.push(`${'  '.repeat(depth + 1)}${terminalHex(id)}`);
      }
      below(place.id, depth + 1);
    }
  };
  below(null, 0);
  const nowhere = [...here].filter(([, counter]) => counter === undefined).map(([id]) => terminalHex(id));
  if (nowhere.length > 0) lines.push(text(lang, 'registry.nowhere', { terminals: nowhere.join(' ') }));
  return lines;
}
