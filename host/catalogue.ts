/**
 * The message catalogue: every sentence a person reads, in Vietnamese and English, from
 * protocol/catalogue/*.json. An unknown key is shown as itself: a missing sentence must not stop the
 * host from saying that something is wrong.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorParams, HostError } from './errors.js';
import { packageRoot } from './package-root.js';

export type Lang = 'vi' | 'en';

type Catalogue = Record<string, Record<Lang, string>>;

let loaded: Catalogue | null = null;

function catalogue(): Catalogue {
  if (loaded !== null) return loaded;
  const folder = join(packageRoot(), 'protocol', 'catalogue');
  const all: Catalogue = {};
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.json')) Object.assign(all, JSON.parse(readFileSync(join(folder, file), 'utf8')));
  }
  loaded = all;
  return all;
}

export function text(lang: Lang, key: string, params: ErrorParams = {}): string {
  const sentence = catalogue()[key]?.[lang] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The sentence for an error that a person can put right. */
export function errorText(lang: Lang, error: HostError): string {
  return text(lang, `error.${error.code}`, error.params);
}
