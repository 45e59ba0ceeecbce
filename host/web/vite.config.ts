/**
 * Builds the page into `dist/web`, where the host serves it. Everything is a file of its own: no inline
 * script, style or data URI, so that the page runs under a content security policy of 'self' alone.
 */
import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';
import catalogue from '../../protocol/catalogue/page.json' with { type: 'json' };

/** The words of the bare document come from the catalogue as well: `%page.key%` becomes the Vietnamese. */
function documentWords(): Plugin {
  return {
    name: 'hailong-document-words',
    transformIndexHtml: (html) =>
      html.replace(/%(page\.[a-z.-]+)%/g, (_, key: string) => {
        const words = (catalogue as Record<string, { vi: string; en: string }>)[key];
        if (words === undefined) throw new Error(`index.html names ${key}, which the catalogue lacks`);
        return words.vi;
      }),
  };
}

/** The one default export of the house: Vite reads its configuration from it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [preact({ prefreshEnabled: false, devToolsEnabled: false }), documentWords()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { fs: { allow: ['../..'] } },
});
