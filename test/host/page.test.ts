/** The page under the host's own security policy, and what it says of a terminal whose books differ. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, noBrowser } from '../page/browser.js';
import { Link } from './link.js';
import { Hailong } from './process.js';
import { temporaryFolder } from './temporary.js';
import { rating, registryOf, TestTerminal, totals } from './terminal.js';

describe.skipIf(noBrowser)('the page as the host sends it', () => {
  const terminals = [new TestTerminal(0xa1), new TestTerminal(0xb2)];
  let browser: Browser;
  let host: Awaited<ReturnType<typeof Hailong.serve>>;

  beforeAll(async () => {
    const data = temporaryFolder();
    const file = join(data, 'registry.json');
    writeFileSync(file, JSON.stringify(registryOf(terminals)));
    await Hailong.run('registry', 'load', file, '--data', data);
    [browser, host] = await Promise.all([launchBrowser(), Hailong.serve(data)]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    host?.child.kill('SIGKILL');
  });

  it('bears its policy, and names each terminal that has counted otherwise, live', async () => {
    const page = await browser.newPage({ locale: 'vi-VN' });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // A host without a virtual terminal answers 404 for it; the policy's refusals read otherwise.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
        faults.push(message.text());
    });
    const response = await page.goto(host.url);
    expect(response!.headers()['content-security-policy']).toContain("default-src 'self'");
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    const [a, b] = await Promise.all(terminals.map((terminal) => Link.connect(terminal, host.mqttUrl)));
    await a!.send(terminals[0]!.batch(1, [rating(5), totals(0, 0, 0, 0, 1, 0)]));
    await page.locator('[data-figure=rated]', { hasText: '1' }).waitFor();
    expect(await page.locator('[data-difference]').count()).toBe(0);
    await b!.send(terminals[1]!.batch(1, [rating(5), totals(2, 0, 0, 0, 0, 3)]));
    const line = page.locator('[data-difference]');
    await line.waitFor();
    expect(await line.count()).toBe(1);
    expect(await line.textContent()).toContain('Máy 000000b2 đếm khác với máy chủ');
    expect(await line.textContent()).toContain(
      'Bộ phận một cửa xã số 2, Quầy 1: mức 1: +2; mức 5: -1; bấm không tính: +3',
    );
    expect(faults).toEqual([]);
    a!.close();
    b!.close();
    await page.close();
  }, 60_000);
});
