/**
 * The browser board in a real Chromium: the compiled firmware in a worker, its log in the origin's
 * private file system, its network a WebSocket to the real host. What an old tablet would do.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FromWorker, ToWorker } from '../../firmware/boards/browser/messages.js';
import type { Settings } from '../../firmware/boards/settings.js';
import { Hailong } from '../host/process.js';
import { temporaryFolder, until } from '../host/temporary.js';
import { CHROMIUM, FLAGS, noBrowser } from '../page/browser.js';
import { Fleet } from './fleet.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = '<!doctype html><meta charset="utf-8"><title>terminal</title>';

type Tab = Page & { evaluate: Page['evaluate'] };
declare global {
  var worker: Worker;
  var heard: FromWorker[];
}

describe.skipIf(noBrowser)('a terminal in a browser tab [needs chromium]', () => {
  const profile = mkdtempSync(join(tmpdir(), 'hailong-profile-'));
  let files: Server;
  let address: string;
  let host: Awaited<ReturnType<typeof Hailong.serve>>;
  let browser: BrowserContext;
  const registry = Fleet.registry(1);
  const settings = {
    terminal: Number.parseInt(registry.terminals[0]!.id, 16),
    key: [...Buffer.from(registry.terminals[0]!.key, 'hex')],
    levels: 5,
    language: 'vi' as const,
    name: 'Máy tính bảng',
    lockoutMs: 0,
  };

  beforeAll(async () => {
    const out = temporaryFolder();
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: {
        outDir: out,
        emptyOutDir: false,
        lib: { entry: 'firmware/boards/browser/worker.ts', formats: ['es'], fileName: () => 'worker.js' },
      },
    });
    files = createServer((request, response) => {
      if (request.url === '/worker.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(readFileSync(join(out, 'worker.js')));
      } else if (request.url === '/hailong.wasm')
        response.end(readFileSync(join(root, 'build/hailong.wasm')));
      else response.setHeader('content-type', 'text/html').end(PAGE);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => files.once('listening', resolve));
    address = `http://127.0.0.1:${(files.address() as { port: number }).port}/`;
    const data = temporaryFolder();
    writeFileSync(join(data, 'registry.json'), JSON.stringify(registry));
    await Hailong.run('registry', 'load', join(data, 'registry.json'), '--data', data);
    host = await Hailong.serve(data);
    browser = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM!, args: FLAGS });
  });

  afterAll(async () => {
    await browser?.close();
    files?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  async function openTab(provision: boolean): Promise<Tab> {
    const tab = await browser.newPage();
    await tab.goto(address);
    await tab.evaluate(
      ({ broker, given }) => {
        globalThis.heard = [];
        globalThis.worker = new Worker('/worker.js', { type: 'module' });
        worker.onmessage = ({ data }) => heard.push(data);
        const settings = given && ({ ...given, key: Uint8Array.from(given.key) } as Settings);
        const start: ToWorker = {
          kind: 'start',
          firmware: '/hailong.wasm',
          broker,
          ...(settings && { settings }),
        };
        worker.postMessage(start);
      },
      { broker: `${host.url.replace('http', 'ws')}mqtt`, given: provision ? settings : undefined },
    );
    return tab;
  }

  const last = (tab: Tab) => tab.evaluate(() => heard.at(-1));
  const online = (tab: Tab) =>
    until('the terminal to be online', async () => {
      const screen = await last(tab);
      return screen?.kind === 'screen' && screen.lines[2] === 'Trực tuyến';
    });

  async function press(tab: Tab, button: number): Promise<void> {
    await tab.evaluate(async (mask) => {
      worker.postMessage({ kind: 'buttons', held: mask });
      await new Promise((resolve) => setTimeout(resolve, 150));
      worker.postMessage({ kind: 'buttons', held: 0 });
      await new Promise((resolve) => setTimeout(resolve, 150));
    }, 1 << button);
  }

  const levels = async () => {
    const summary = (await (await fetch(`${host.url}api/v1/summary`)).json()) as {
      total: { levels: { level: number; count: number }[] };
    };
    return summary.total.levels.filter(({ count }) => count > 0).map(({ level, count }) => [level, count]);
  };

  it('connects, thanks, and its rating is in the tally', async () => {
    const tab = await openTab(true);
    await online(tab);
    await press(tab, 4);
    const thanked = await tab.evaluate(() =>
      heard.some((message) => message.kind === 'screen' && message.lines[1] === 'Cảm ơn bạn!'),
    );
    expect(thanked).toBe(true);
    await until('the rating', async () => JSON.stringify(await levels()) === '[[5,1]]');
    await tab.close();
  });

  it('keeps its settings and its log when the tab is closed: the next one goes on', async () => {
    const tab = await openTab(false);
    await online(tab);
    await press(tab, 0);
    await until('both ratings', async () => JSON.stringify(await levels()) === '[[1,1],[5,1]]');
    const { terminals } = (await (await fetch(`${host.url}api/v1/terminals`)).json()) as {
      terminals: { boot: number; difference: number[] }[];
    };
    expect(terminals[0]).toMatchObject({ boot: 2, difference: [0, 0, 0, 0, 0, 0] });

    const second = await openTab(false);
    await until('the refusal', async () => (await last(second))?.kind === 'failed');
    await press(tab, 1);
    await until('the third', async () => JSON.stringify(await levels()) === '[[1,1],[2,1],[5,1]]');
    await second.close();
    await tab.close();
  });
});
