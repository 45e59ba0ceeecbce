/** Whoever reads it, on whatever: narrow phone to wall screen, light and dark, keyboard only, by ear. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, noBrowser, openPage } from './browser.js';
import { FEW, keyOf, MANY, REGISTRY, TERMINALS } from './district.js';
import { HostProcess } from './host-process.js';
import { Sender } from './sender.js';

const CONTRAST_MIN = 4.5;

describe.skipIf(noBrowser)('the page can be read', () => {
  let host: HostProcess;
  let browser: Browser;
  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), HostProcess.serve(REGISTRY)]);
    for (const [index, ratings] of [MANY, FEW].entries()) {
      const terminal = TERMINALS[index]!;
      const sender = await Sender.connect(host.mqttPort, terminal, keyOf(terminal));
      await sender.rate(ratings);
      sender.vanish();
    }
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await host?.remove();
  });

  async function loaded(options: Parameters<typeof openPage>[2], query = ''): Promise<Page> {
    const { page } = await openPage(browser, `${host.url}${query}`, { reducedMotion: 'reduce', ...options });
    await page.locator('.plot canvas').first().waitFor();
    return page;
  }

  for (const [width, height] of [
    [320, 640],
    [390, 844],
    [768, 1024],
    [1366, 768],
    [1920, 1080],
  ] as const) {
    for (const lang of ['vi', 'en']) {
      it(`fits ${width} px in ${lang}, tables scrolling in boxes of their own`, async () => {
        const page = await loaded({ viewport: { width, height } }, `?lang=${lang}`);
        const outside = await page.evaluate(() =>
          [...document.querySelectorAll('body *')]
            .filter((element) => element.closest('.scroll, .unseen, .skip') === null)
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => `${element.tagName}.${element.getAttribute('class')}`),
        );
        expect(outside).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        const figure = await page.locator('[data-figure=rate] span').boundingBox();
        const section = await page.locator('.headline').boundingBox();
        expect(figure!.width).toBeLessThanOrEqual(section!.width);
        await page.close();
      });
    }
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has ${CONTRAST_MIN}:1 contrast in the ${colorScheme}`, async () => {
      const page = await loaded({ colorScheme });
      await page.getByText('Xem dạng bảng').click();
      expect(await page.evaluate(paleTexts, CONTRAST_MIN)).toEqual([]);
      await page.close();
    });
  }

  it('has its landmarks, and a name on everything that can be operated', async () => {
    const page = await loaded({});
    for (const role of ['banner', 'main', 'heading'] as const) {
      expect(await page.getByRole(role).count()).toBeGreaterThan(0);
    }
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Huyện Văn Quan');
    const tree = await page.locator('body').ariaSnapshot();
    expect(tree).not.toMatch(/- (button|radio|img|region)(:| \[|$)/m);
    await page.close();
  });

  it('is reached by keyboard in reading order, with the focus in sight', async () => {
    const page = await loaded({});
    const names: (string | null)[] = [];
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab');
      const { name, ringed } = await page.evaluate(() => {
        const focus = document.activeElement!;
        const drawn = focus instanceof HTMLInputElement ? focus.nextElementSibling! : focus;
        return {
          name: focus.getAttribute('name') ?? focus.getAttribute('class') ?? focus.tagName,
          ringed: getComputedStyle(drawn).outlineStyle === 'solid',
        };
      });
      expect([name, ringed]).toEqual([name, true]);
      names.push(name);
    }
    expect(names).toEqual(['skip', 'language', 'period', 'span', 'SUMMARY', 'scroll']);
    await page.close();
  });

  it('speaks the figure politely, and moves nothing for who asked for stillness', async () => {
    const page = await loaded({});
    const spoken = page.locator('[aria-live=polite]');
    await expect.poll(() => spoken.textContent(), { timeout: 20_000 }).toContain('90,4%');
    const moving = await page.evaluate(() => document.getAnimations().length);
    expect(moving).toBe(0);
    await page.close();
  }, 30_000);
});

/** Runs in the page: texts whose colour is too near that of the ground they stand on. */
function paleTexts(contrastMin: number): string[] {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [r, g, b] = channels(colour)
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const groundOf = (element: Element): string => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour).length === 3) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const pale: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement!;
    if (node.textContent!.trim() === '' || element.closest('noscript, .unseen') !== null) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(ink), luminance(groundOf(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < contrastMin) pale.push(`${contrast.toFixed(2)} ${node.textContent}`);
  }
  return pale;
}
