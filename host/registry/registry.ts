/**
 * Loads registry documents into a store and answers questions about the tree that the store returns.
 * Places are a generic tree with validity dates, never fixed levels: districts come and go.
 */
import type { TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';
import type { UnixMs } from '../instant.js';
import type { Assignment, Place, RegistryView, Store } from '../store/store.js';
import type { Zone } from '../zone.js';
import { checkRegistry } from './document.js';

export type RegistryLoaded = { readonly places: number; readonly terminals: number };

/** Idempotent: loading the same document again changes nothing. */
export async function loadRegistry(store: Store, document: unknown, zone: Zone): Promise<RegistryLoaded> {
  const change = checkRegistry(document, zone, (await store.registry()).places);
  await store.changeRegistry(change);
  return { places: change.places.length, terminals: change.terminals.length };
}

/** Adds one terminal, or gives it a new key or place. */
export async function addTerminal(
  store: Store,
  terminal: { id: TerminalId; key: Uint8Array; counter: string; from: UnixMs },
  zone: Zone,
): Promise<void> {
  const entry = {
    id: terminalHex(terminal.id),
    key: Buffer.from(terminal.key).toString('hex'),
    counter: terminal.counter,
    from: new Date(terminal.from).toISOString(),
  };
  await loadRegistry(store, { places: [], terminals: [entry] }, zone);
}

/** The tree, indexed. */
export class Registry {
  private readonly byId: ReadonlyMap<string, Place>;
  private readonly officeByCounter = new Map<string, Place>();

  constructor(readonly view: RegistryView) {
    this.byId = new Map(view.places.map((place) => [place.id, place]));
    for (const place of view.places) {
      if (place.kind !== 'counter') continue;
      const office = this.above(place, 'office');
      if (office !== null) this.officeByCounter.set(place.id, office);
    }
  }

  place(id: string): Place | null {
    return this.byId.get(id) ?? null;
  }

  office(id: string): Place | null {
    const place = this.byId.get(id);
    return place?.kind === 'office' ? place : null;
  }

  get offices(): Place[] {
    return this.view.places.filter((place) => place.kind === 'office');
  }

  officeOf(counter: string): Place | null {
    return this.officeByCounter.get(counter) ?? null;
  }

  countersOf(office: string): string[] {
    return [...this.officeByCounter].filter(([, place]) => place.id === office).map(([counter]) => counter);
  }

  /** Where a terminal stands at an instant. */
  assignmentAt(terminal: TerminalId, at: UnixMs): Assignment | null {
    const holds = (one: Assignment) =>
      one.terminal === terminal && at >= one.from && (one.to === null || at < one.to);
    return this.view.assignments.find(holds) ?? null;
  }

  private above(place: Place, kind: Place['kind']): Place | null {
    let at: Place | undefined = place;
    while (at !== undefined && at.kind !== kind)
      at = at.parent === null ? undefined : this.byId.get(at.parent);
    return at ?? null;
  }
}

/** Whether a place exists at any instant of [from, to). */
export function validWithin(place: Place, from: UnixMs, to: UnixMs): boolean {
  return (place.from === null || place.from < to) && (place.to === null || place.to > from);
}
