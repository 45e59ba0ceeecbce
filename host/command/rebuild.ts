/**
 * `hailong rebuild`: recomputes every figure from the sealed frames that were kept, so that anyone who
 * has the store can check what is published. With --check it only compares, also while a host runs.
 */
import { terminalHex } from '../../protocol/topic.js';
import { type Lang, text } from '../catalogue.js';
import { type RebuildDifference, rebuildStore } from '../store/sqlite/rebuild.js';
import type { Console } from './console.js';

export type RebuildCommandOptions = { readonly data: string; readonly check?: boolean | undefined };

const PROGRESS_MS = 5_000;

/** Exit code 1 when --check finds a difference. */
export async function rebuildCommand(console: Console, options: RebuildCommandOptions): Promise<number> {
  const { lang, now } = console;
  const check = options.check === true;
  let told = now();
  const { batches, differences } = rebuildStore(options.data, {
    check,
    onProgress: (done, total) => {
      if (now() - told < PROGRESS_MS) return;
      told = now();
      console.err(text(lang, 'rebuild.progress', { done, total }));
    },
  });
  for (const difference of differences) console.out(line(lang, difference));
  const outcome = differences.length === 0 ? 'same' : check ? 'differs' : 'done';
  const locale = lang === 'vi' ? 'vi-VN' : 'en-GB';
  const counts = { batches: batches.toLocaleString(locale), terminals: differences.length };
  console.out(text(lang, `rebuild.${outcome}`, counts));
  return check && differences.length > 0 ? 1 : 0;
}

function line(lang: Lang, { terminal, ratedBefore, rated, tables }: RebuildDifference): string {
  const rows = Object.entries(tables)
    .map(([table, count]) => text(lang, `rebuild.rows.${table}`, { count }))
    .join(', ');
  return text(lang, 'rebuild.difference', {
    terminal: terminalHex(terminal),
    before: ratedBefore,
    rated,
    rows,
  });
}
