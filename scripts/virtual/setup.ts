/**
 * A data folder with a virtual district in it: made once, whole or not at all. Store and storage images
 * grow in a folder beside, and are moved into place when the past is complete, so an interrupted first
 * start leaves nothing half done.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryStorage } from '../../firmware/boards/memory-storage.js';
import { provision } from '../../firmware/boards/settings.js';
import { HostError } from '../../host/errors.js';
import { Ingest } from '../../host/ingest/ingest.js';
import type { UnixMs } from '../../host/instant.js';
import { loadRegistry } from '../../host/registry/registry.js';
import { holdAlone, type Occupancy } from '../../host/store/sqlite/occupancy.js';
import { STORE_FILE } from '../../host/store/sqlite/open.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { addDays, type Zone } from '../../host/zone.js';
import type { TerminalId } from '../../protocol/messages.js';
import { officeName, planTerminals, registryDocument, type VirtualTerminalPlan } from './district.js';
import { LOCKOUT_MS, makePast, type PastProgress } from './past.js';

export const PAST_DAYS = 14;
/** 2 blocks of settings and 126 pairs of log: room for some 8,000 ratings. */
const IMAGE_BLOCKS = 254;
const RECORD = 'virtual.json';
const LOCK_FILE = 'virtual.lock';
const IMAGES = 'terminals';

export type District = { readonly plans: readonly VirtualTerminalPlan[]; readonly seed: number };

export type SetupOptions = {
  readonly data: string;
  readonly terminals: number;
  readonly seed: number;
  readonly firmware: WebAssembly.Module;
  readonly zone: Zone;
  readonly language: 'vi' | 'en';
  now(): UnixMs;
  onProgress(progress: PastProgress): void;
};

export function imagePath(data: string, plan: VirtualTerminalPlan): string {
  return join(data, IMAGES, `${plan.id.toString(16).padStart(8, '0')}.img`);
}

/** The district stored in the folder, if it has one. Refuses the folder of a real host. */
export function findDistrict(data: string): District | null {
  const record = join(data, RECORD);
  if (existsSync(record)) {
    const { terminals, seed } = JSON.parse(readFileSync(record, 'utf8'));
    return { plans: planTerminals(terminals), seed };
  }
  if (existsSync(join(data, STORE_FILE))) throw new HostError('data_not_virtual', { folder: data });
  return null;
}

/**
 * Takes the folder's district for this process, as its terminals may run only once: two of them with one
 * key and one log would use the same numbers. Ends with the process, however that ends.
 */
export function claimDistrict(data: string): Occupancy {
  try {
    mkdirSync(data, { recursive: true });
  } catch (error) {
    throw new HostError('data_unwritable', { folder: data }, { cause: error });
  }
  return holdAlone(data, LOCK_FILE, 'district_running');
}

/** Makes the district and its past. Null when told to stop before it was complete. */
export async function makeDistrict(options: SetupOptions, signal: AbortSignal): Promise<District | null> {
  const building = join(options.data, 'building');
  const plans = planTerminals(options.terminals);
  try {
    rmSync(building, { recursive: true, force: true });
    mkdirSync(join(building, IMAGES), { recursive: true });
  } catch (error) {
    throw new HostError('data_unwritable', { folder: options.data }, { cause: error });
  }
  const images = await fill(options, building, plans, signal);
  if (signal.aborted) {
    rmSync(building, { recursive: true, force: true });
    return null;
  }
  for (const { plan, storage } of images)
    writeFileSync(imagePath(building, plan), storage.bytes, { mode: 0o600 });
  const { terminals, seed } = options;
  writeFileSync(join(building, RECORD), `${JSON.stringify({ terminals, seed })}\n`);
  // The record goes last: it is what says that the rest is there.
  rmSync(join(options.data, IMAGES), { recursive: true, force: true });
  for (const name of [IMAGES, STORE_FILE, RECORD]) renameSync(join(building, name), join(options.data, name));
  rmSync(building, { recursive: true, force: true });
  return { plans, seed };
}

async function fill(
  options: SetupOptions,
  building: string,
  plans: readonly VirtualTerminalPlan[],
  signal: AbortSignal,
) {
  const { zone } = options;
  const firstDay = addDays(zone.dayOf(options.now()), 1 - PAST_DAYS);
  const keys = new Map(plans.map((plan) => [plan.id, new Uint8Array(randomBytes(32))]));
  const terminals = plans.map((plan) => ({
    plan,
    storage: imageOf(plan, keys.get(plan.id)!, options.language),
  }));
  const store = openStore(building);
  try {
    await loadRegistry(store, registryDocument(plans, keys, firstDay), zone);
    await makePast(
      {
        ...options,
        firstDay,
        days: PAST_DAYS,
        until: options.now(),
        terminals,
        ingest: new Ingest({ store }),
      },
      signal,
    );
  } finally {
    await store.close();
  }
  return terminals;
}

function imageOf(plan: VirtualTerminalPlan, key: Uint8Array, language: 'vi' | 'en'): MemoryStorage {
  const storage = new MemoryStorage(IMAGE_BLOCKS);
  // Short enough for one line of a small display.
  const place = officeName(plan.office).replace(/^(Bộ phận Một cửa huyện|Thị trấn|Xã) /, '');
  provision(storage, {
    terminal: plan.id as TerminalId,
    key,
    levels: 5,
    language,
    name: `${place} · ${plan.counterName}`,
    lockoutMs: LOCKOUT_MS,
  });
  return storage;
}
