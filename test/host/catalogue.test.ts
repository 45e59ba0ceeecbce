import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { text } from '../../host/catalogue.js';
import { packageRoot } from '../../host/package-root.js';

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'web' || entry.name === 'virtual' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

describe('the catalogue', () => {
  const file = join(packageRoot(), 'protocol', 'catalogue', 'command.json');
  const command = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { vi: string; en: string }>;

  it('has each sentence in both languages with the same blanks', () => {
    const blanks = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g))].sort();
    for (const [key, { vi, en }] of Object.entries(command)) {
      expect(blanks(vi), key).toEqual(blanks(en));
      expect(vi.normalize('NFC'), key).toBe(vi);
    }
  });

  it('has a sentence for every error the host can throw', () => {
    const all = sources(join(packageRoot(), 'host')).join('\n');
    const codes = [...all.matchAll(/new (?:Host|Input|Store)Error\(\s*(?:mode === 'read' \? )?'(\w+)'/g)];
    expect(codes.length).toBeGreaterThan(25);
    for (const [, code] of codes) expect(text('vi', `error.${code}`)).not.toBe(`error.${code}`);
  });

  it('shows an unknown key as itself', () => {
    expect(text('vi', 'no.such')).toBe('no.such');
  });
});
