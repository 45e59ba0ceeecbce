/** The house's own rules about itself: which way imports point, and which words stay out of the logic. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What each part may import from the others; every part may import from itself and from packages. `build`
 * holds what the build derives for it, such as a font.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  firmware: ['protocol', 'build'],
  host: ['protocol'],
  scripts: ['protocol', 'firmware', 'host'],
};

type Source = { path: string; text: string };

function sources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function imports({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)].map((match) =>
    relative(root, join(root, dirname(path), match[1]!)),
  );
}

const all = Object.keys(MAY_IMPORT).flatMap(sources);

describe('the architecture', () => {
  it('finds the sources it judges', () => {
    for (const part of Object.keys(MAY_IMPORT)) {
      expect(all.filter(({ path }) => path.startsWith(`${part}/`)).length).toBeGreaterThan(3);
    }
    expect(all.some((source) => source.path.startsWith('host') && imports(source).length > 0)).toBe(true);
  });

  it('imports point one way: firmware -> protocol <- host', () => {
    const wrong = all.flatMap((source) => {
      const own = source.path.split('/')[0]!;
      return imports(source)
        .filter((path) => ![own, ...MAY_IMPORT[own]!].includes(path.split('/')[0]!))
        .map((path) => `${source.path} -> ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it('the firmware proper imports no board, and only board.ts declares what comes from outside', () => {
    const firmware = all.filter(({ path }) => /^firmware\/[^/]+\.ts$/.test(path));
    expect(firmware.flatMap(imports).filter((path) => path.startsWith('firmware/boards'))).toEqual([]);
    const declaring = firmware.filter(({ text }) => /declare function/.test(text)).map(({ path }) => path);
    expect(declaring).toEqual(['firmware/board.ts']);
  });

  it('boards import nothing from the firmware or from each other', () => {
    const boards = all.filter(({ path }) => path.startsWith('firmware/boards/'));
    const wrong = boards.flatMap((source) => {
      const [, , board] = source.path.split('/') as [string, string, string];
      return imports(source)
        .filter((path) => {
          const parts = path.split('/');
          const shared = parts.length === 3;
          return path.startsWith('firmware/') && (parts[1] !== 'boards' || (!shared && parts[2] !== board));
        })
        .map((path) => `${source.path} -> ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it('clock, chance and environment come in as parameters; only adapters ask the process for them', () => {
    const ADAPTERS = [
      'host/command/shell.ts',
      'host/bus/mqtt.ts',
      'firmware/boards/node/',
      'firmware/boards/browser/',
      'host/web/',
      'scripts/',
    ];
    const logic = all.filter(({ path }) => !ADAPTERS.some((adapter) => path.startsWith(adapter)));
    const asking = logic.filter(({ text }) =>
      /Date\.now\(|Math\.random\(|process\.env|performance\.now\(/.test(text),
    );
    expect(asking.map(({ path }) => path)).toEqual([]);
  });

  it('nothing exports by default, but for configurations that must', () => {
    const CONFIGURATIONS = ['host/web/vite.config.ts'];
    const wrong = all.filter(
      ({ path, text }) => /^export default/m.test(text) && !CONFIGURATIONS.includes(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
