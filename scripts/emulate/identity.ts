/**
 * Who the emulated terminals are: cards with fresh keys, kept in the host's data folder, and places in
 * its registry. A card that is there already goes on being the terminal that it is, log and all.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FileStorage } from '../../firmware/boards/node/file-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { HostError } from '../../host/errors.js';
import { isoOf, type UnixMs } from '../../host/instant.js';
import { loadRegistry } from '../../host/registry/registry.js';
import { openStore } from '../../host/store/sqlite/store.js';
import type { RegistryView } from '../../host/store/store.js';
import type { Zone } from '../../host/zone.js';
import type { TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';

/** Terminals of this range are emulated ones. */
const ID_FIRST = 0xe0000001;
/** 1 MiB, a power of two as QEMU wants it: room for the largest log. */
const CARD_BLOCKS = 2048;
const NAME_BYTES_MAX = 64;
const LOCKOUT_MS = 5_000;
const LEVELS = 5;
const OFFICE = 'emulated';
/** Presses are placed by a clock that is estimated: a counter begins a little before its first. */
const BEFORE_MS = 3_600_000;

export type Identity = { readonly terminal: TerminalId; readonly name: string; readonly card: string };

export type IdentityOptions = {
  readonly data: string;
  readonly count: number;
  readonly zone: Zone;
  readonly language: 'vi' | 'en';
  readonly now: UnixMs;
  readonly officeName: string;
  counterName(number: number): string;
  randomBytes(count: number): Uint8Array;
};

export const cardFolder = (data: string): string => join(data, 'emulated');

/** Makes what is missing, in a folder that is there; works while the host runs. */
export async function identities(options: IdentityOptions): Promise<Identity[]> {
  const store = openStore(options.data);
  try {
    const view = await store.registry();
    const made = Array.from({ length: options.count }, (_, i) => identityOf(options, view, i));
    const fresh = made.filter(({ key }) => key !== null);
    if (fresh.length > 0) await loadRegistry(store, documentOf(options, view, fresh), options.zone);
    // Cards go last: one without its key in the registry would be a terminal that no host believes.
    for (const one of fresh) makeCard(one, options.language);
    return made;
  } finally {
    await store.close();
  }
}

type Made = Identity & { readonly office: string; readonly counter: string; readonly key: Uint8Array | null };

function identityOf(options: IdentityOptions, view: RegistryView, i: number): Made {
  const terminal = (ID_FIRST + i) as TerminalId;
  const hex = terminalHex(terminal);
  const card = join(cardFolder(options.data), `${hex}.img`);
  const offices = view.places.filter(({ kind, to }) => kind === 'office' && to === null);
  const office = offices[i % Math.max(offices.length, 1)] ?? { id: OFFICE, name: options.officeName };
  const counterName = options.counterName(i + 1);
  const name = displayName(office.name, counterName);
  const made = { terminal, name, card, office: office.id, counter: `emulated-${i + 1}` };
  if (existsSync(card)) {
    if (!view.terminals.includes(terminal)) throw new HostError('emulate_card', { file: card });
    return { ...made, key: null };
  }
  return { ...made, key: options.randomBytes(32) };
}

/** Whole or not at all. */
function makeCard({ terminal, key, name, card }: Made, language: 'vi' | 'en'): void {
  const making = `${card}.new`;
  rmSync(making, { force: true });
  const storage = new FileStorage(making, CARD_BLOCKS);
  provision(storage, { terminal, key: key!, levels: LEVELS, language, name, lockoutMs: LOCKOUT_MS });
  storage.close();
  renameSync(making, card);
}

/** Short enough for the settings; the display cuts what is too wide for it. */
function displayName(office: string, counter: string): string {
  const both = `${office} · ${counter}`;
  return Buffer.byteLength(both) <= NAME_BYTES_MAX ? both : counter;
}

function documentOf(options: IdentityOptions, view: RegistryView, fresh: readonly Made[]): unknown {
  const from = isoOf((options.now - BEFORE_MS) as UnixMs);
  const known = new Set(view.places.map(({ id }) => id));
  const own = fresh.some(({ office }) => office === OFFICE) && !known.has(OFFICE);
  return {
    places: [
      ...(own ? [{ id: `${OFFICE}-group`, parent: null, kind: 'group', name: options.officeName }] : []),
      ...(own ? [{ id: OFFICE, parent: `${OFFICE}-group`, kind: 'office', name: options.officeName }] : []),
      ...fresh.map(({ counter, office }, i) => ({
        id: counter,
        parent: office,
        kind: 'counter',
        name: options.counterName(i + 1),
      })),
    ],
    terminals: fresh.map(({ terminal, key, counter }) => ({
      id: terminalHex(terminal),
      key: Buffer.from(key!).toString('hex'),
      counter,
      from,
    })),
  };
}
