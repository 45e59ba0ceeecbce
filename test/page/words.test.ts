/** The page's part of the message catalogue: whole in both languages, all of it used, nothing beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { words } from '../../host/web/words.js';
import catalogue from '../../protocol/catalogue/page.json';

const WEB = fileURLToPath(new URL('../../host/web', import.meta.url));
const sources = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(tsx?|html)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(WEB, name), 'utf8') }));
const entries = Object.entries(catalogue);
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the words of the page', () => {
  it('has both languages with the same placeholders', () => {
    for (const [key, { vi, en }] of entries) {
      expect([key, vi.trim() !== '' && en.trim() !== '']).toEqual([key, true]);
      expect([key, placeholders(vi)]).toEqual([key, placeholders(en)]);
      expect([key, vi.normalize('NFC')]).toEqual([key, vi]);
    }
  });

  it('has no word that is not used', () => {
    const all = sources.map(({ text }) => text).join('\n');
    // A key made from a prefix and a name, as in `page.period.${value}`, is used through its prefix.
    const made = [...all.matchAll(/`(page\.[a-z.]+\.)\$\{/g)].map(([, prefix]) => prefix!);
    const unused = entries
      .map(([key]) => key)
      .filter((key) => !all.includes(`'${key}'`) && !all.includes(`%${key}%`))
      .filter(
        (key) => !made.some((prefix) => key.startsWith(prefix) && !key.slice(prefix.length).includes('.')),
      );
    expect(unused).toEqual([]);
  });

  it('has no Vietnamese outside the catalogue', () => {
    const found = sources.filter(({ text }) =>
      /[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ]/i.test(text),
    );
    expect(found.map(({ name }) => name)).toEqual([]);
  });

  it('refuses to print a sentence with a hole in it', () => {
    expect(words('vi', 'page.rate.interval', { low: '1%', high: '2%' })).toContain('1% đến 2%');
    expect(() => words('vi', 'page.rate.interval', { low: '1%' })).toThrow('{high}');
  });
});
