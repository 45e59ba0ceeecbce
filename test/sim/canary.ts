/**
 * Planted bugs, one for each thing the promise hangs on. A simulator that does not find them is blind.
 * Those in the firmware are compiled from a copy of its sources with one line changed; the line must
 * be there to be changed. Those of the host wrap the store or turn its order round.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFirmware } from '../../firmware/boards/node/board.js';
import { packageRoot } from '../../host/package-root.js';
import type { CommitGroup, Store } from '../../host/store/store.js';
import type { Seq } from '../../protocol/messages.js';
import type { HostBug } from './host.js';

export type FirmwareBug = {
  readonly file: string;
  readonly line: string;
  readonly becomes: string;
  /** Violations by which it may be found. */
  readonly breaks: readonly string[];
};

export const FIRMWARE_BUGS = {
  'releases before the acknowledgement': {
    file: 'outbox.ts',
    line: '  inFlight = true;\n',
    becomes: '  inFlight = true;\n  release(last);\n  cursor = last + 1;\n',
    breaks: ['lost', 'totals_differ', 'gap_declared'],
  },
  'writes the new version over the good copy': {
    file: 'log-block.ts',
    line: 'storageWrite(blockOf(pair, version % PAIR_BLOCKS), block)',
    becomes: 'storageWrite(blockOf(pair, (version + 1) % PAIR_BLOCKS), block)',
    breaks: ['lost', 'totals_differ', 'gap_declared'],
  },
  'thanks before the flush': {
    file: 'log-block.ts',
    line: '  if (status >= 0) status = storageFlush();\n',
    becomes: '',
    breaks: ['lost'],
  },
} satisfies Record<string, FirmwareBug>;

/** Takes so rare a course of things that only trying every place finds it. */
export const OVERFLOW_BUG: FirmwareBug = {
  file: 'log.ts',
  line: 'nextIsFree() && writeTail() >= 0) overflowAt = 0',
  becomes: 'nextIsFree()) overflowAt = 0',
  breaks: ['lost', 'totals_differ'],
};

export const HOST_BUGS = {
  'acknowledges before the commit': { earlyReplies: true, breaks: ['acknowledged_lost', 'lost'] },
  'does not look for duplicates': { wrap: withoutDedupe, breaks: ['not_contiguous', 'counted_twice'] },
} satisfies Record<string, HostBug & Pick<FirmwareBug, 'breaks'>>;

/** Compiles the firmware with one line changed. */
export function compileBug(folder: string, { file, line, becomes }: FirmwareBug): WebAssembly.Module {
  const root = packageRoot();
  mkdirSync(folder, { recursive: true });
  for (const name of ['firmware', 'protocol', 'asconfig.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const path = join(folder, 'firmware', file);
  const source = readFileSync(path, 'utf8');
  if (source.split(line).length !== 2) throw new Error(`firmware/${file} no longer has the line: ${line}`);
  writeFileSync(path, source.replace(line, becomes));
  const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const { status, stderr } = spawnSync(
    process.execPath,
    [asc, '--config', 'asconfig.json', '--target', 'release'],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the planted bug does not compile: ${stderr}`);
  return loadFirmware(join(folder, 'build', 'hailong.wasm'));
}

/** Makes the store believe that whatever comes is new. */
function withoutDedupe(store: Store): Store {
  const committed = new Map<string, Seq>();
  const commit = async (group: CommitGroup) => {
    const arrivals = group.arrivals.map((arrival) => {
      const { message } = arrival;
      const known = committed.get(`${message.terminal} ${message.log}`) ?? 0;
      if (message.kind === 'gap' || message.first > known) return arrival;
      return { ...arrival, message: { ...message, first: (known + 1) as Seq } };
    });
    const result = await store.commit({ ...group, arrivals });
    for (const outcome of result.outcomes) {
      committed.set(`${outcome.terminal} ${outcome.log}`, outcome.committed);
    }
    return result;
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
