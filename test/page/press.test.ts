/**
 * The virtual terminal: a face pressed on the page is a button pressed on the real firmware, and the
 * page shows what that firmware says and what the host then counts.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Summary, Terminal, VirtualTerminal } from '../../host/api/schema.js';
import says from '../../protocol/catalogue/terminal.json';
import { launchBrowser, noBrowser, openPage } from './browser.js';
import { HostProcess } from './host-process.js';

const DEADLINE_MS = 20_000;
const BEST = 4;

describe.skipIf(noBrowser)('the terminal on the page', () => {
  let host: HostProcess;
  let browser: Browser;
  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), HostProcess.start()]);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await host?.remove();
  });
  // Each test begins with a terminal that asks to be pressed: the lock-out of the last one is over.
  beforeEach(async () => {
    await expect
      .poll(async () => (await virtual()).lines, { timeout: DEADLINE_MS })
      .toContain(says['terminal.prompt'].vi);
  }, 30_000);

  const virtual = () => host.get<VirtualTerminal>('/api/v1/virtual');
  const committed = async () => {
    const { terminal } = await virtual();
    const { terminals } = await host.get<{ terminals: Terminal[] }>('/api/v1/terminals');
    return terminals.find((one) => one.terminal === terminal)!.committed;
  };
  const rated = async (page: Page) => {
    const text = (await page.locator('[data-figure=rated]').textContent()) ?? '';
    return Number(text.replace(/\D/g, ''));
  };
  const face = (page: Page, button: number) => page.locator(`.faces button[data-button="${button}"]`);
  const screenSays = (page: Page, line: string) =>
    page.locator('.screen').getByText(line, { exact: true }).waitFor({ timeout: DEADLINE_MS });

  async function ready(options = {}): Promise<Page> {
    const { page } = await openPage(browser, host.url, options);
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    await page.locator('[data-figure=rate]').waitFor();
    await screenSays(page, says['terminal.prompt'].vi);
    return page;
  }

  /** Does it, and expects one rating from it: thanked for by the firmware, counted by host and page. */
  async function expectRating(page: Page, press: () => Promise<void>): Promise<void> {
    const [before, counted] = [await committed(), await rated(page)];
    await press();
    await screenSays(page, says['terminal.thanks'].vi);
    await expect.poll(committed, { timeout: DEADLINE_MS }).toBeGreaterThan(before);
    await expect.poll(() => rated(page), { timeout: DEADLINE_MS }).toBeGreaterThan(counted);
    // The crowd presses too: what the page shows must be what the host says, whatever that is by then.
    await expect
      .poll(async () => (await rated(page)) - (await host.get<Summary>('/api/v1/summary')).total.rated, {
        timeout: DEADLINE_MS,
      })
      .toBe(0);
  }

  it('has a face a level, worst first, each with its name', async () => {
    const page = await ready();
    const names = await page.locator('.face-name').allTextContents();
    expect(names).toHaveLength((await virtual()).levels);
    expect([names.at(0), names.at(-1)]).toEqual(['Rất không hài lòng', 'Rất hài lòng']);
    await page.close();
  });

  it('is pressed with the mouse, and lights up as the firmware says', async () => {
    const page = await ready();
    await expectRating(page, async () => {
      await face(page, BEST).click();
      await page.locator(`[data-button="${BEST}"][data-lit=true]`).waitFor();
      await page.locator('.lamp[data-kind=thanks][data-lit=true]').waitFor();
    });
    await page.close();
  }, 60_000);

  it('is pressed with a digit', async () => {
    const page = await ready();
    await expectRating(page, () => page.keyboard.press('5'));
    await page.close();
  }, 60_000);

  it('is pressed with Enter, by who cannot use a mouse', async () => {
    const page = await ready();
    await expectRating(page, () =>
      page.getByRole('button', { name: 'Hài lòng (phím 4)', exact: true }).press('Enter'),
    );
    await page.close();
  }, 60_000);

  it('is pressed by touch, on a phone', async () => {
    const page = await ready({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await expectRating(page, () => face(page, BEST).tap());
    await page.close();
  }, 60_000);

  it('takes no digit that was meant for something else', async () => {
    const page = await ready();
    let presses = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST') presses++;
    });
    await page.getByLabel('14 ngày').first().focus();
    await page.keyboard.press('5');
    await face(page, 0).focus();
    await page.keyboard.press('Control+5');
    await page.keyboard.press('6');
    expect(presses).toBe(0);
    await page.close();
  });

  it('says to wait after a rating, and what is pressed meanwhile counts as not counted', async () => {
    const page = await ready();
    const suppressed = async () => (await host.get<Summary>('/api/v1/summary')).total.suppressed;
    const before = await suppressed();
    await face(page, BEST).click();
    await screenSays(page, says['terminal.thanks'].vi);
    await face(page, 0).click();
    await screenSays(page, says['terminal.wait'].vi);
    await expect.poll(suppressed, { timeout: DEADLINE_MS }).toBeGreaterThan(before);
    const note = page.locator('.notes dl > div').filter({ hasText: 'Lượt bấm không tính' });
    await expect
      .poll(async () => Number((await note.locator('strong').textContent())!.replace(/\D/g, '')), {
        timeout: DEADLINE_MS,
      })
      .toBe(await suppressed());
    await page.close();
  }, 60_000);

  it('says so when a press does not arrive', async () => {
    const page = await ready();
    await page.route('**/api/v1/virtual/buttons', (route) => route.abort());
    await face(page, BEST).click();
    await page.getByRole('alert').filter({ hasText: 'Lượt bấm không đến được máy' }).waitFor();
    await page.close();
  });
});
