/** The built page as a file set: small, self-contained, and fit for a strict content security policy. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const JS_GZIP_BYTES_MAX = 60 * 1024;
const WEB = fileURLToPath(new URL('../../host/web', import.meta.url));

describe('the built page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hailong-web-'));
  let files: { name: string; text: string }[];
  beforeAll(async () => {
    await build({
      root: WEB,
      configFile: join(WEB, 'vite.config.ts'),
      build: { outDir: folder, emptyOutDir: true },
      logLevel: 'error',
    });
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => extname(name) !== '')
      .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const withEnd = (end: string) => files.filter(({ name }) => extname(name) === end);

  it('has at most 60 KB of script, compressed', () => {
    const bytes = withEnd('.js').reduce((sum, { text }) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(JS_GZIP_BYTES_MAX);
  });

  it('has no script or style within the document, and words from the catalogue', () => {
    const html = files.find(({ name }) => name === 'index.html')!.text;
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    expect(html).not.toContain('%page');
    expect(html).toContain('Trang này cần JavaScript');
  });

  it('fetches nothing from elsewhere, and no fonts', () => {
    for (const { name, text } of [...withEnd('.html'), ...withEnd('.css')]) {
      expect([name, text.match(/(?:src|href|url)[=(]["']?(?:https?:)?\/\/[^"')]+|@font-face|data:/)]).toEqual(
        [name, null],
      );
    }
    const ends = new Set(files.map(({ name }) => extname(name)));
    expect([...ends].sort()).toEqual(['.css', '.html', '.js', '.svg']);
  });
});
