/**
 * A real headless Chromium for the page's tests. Where none is installed the tests are skipped by name,
 * except on the build machine, where that would hide a page that nobody has looked at.
 */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** How Chromium is started: no window, and nothing fetched on its own account. */
export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where Chromium is, if it is anywhere. */
export const CHROMIUM = PLACES.find((place) => existsSync(place));

/** True where the tests should be skipped; on the build machine they run, and fail. */
export const noBrowser = CHROMIUM === undefined && process.env.CI !== 'true';

export async function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(`no Chromium at ${PLACES.join(' or ')}`);
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'";

export type Watched = { readonly page: Page; readonly faults: string[] };

/** A page under the strictest policy it must bear, which notes whatever goes wrong in it. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 }, ...options });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A failed request is logged by the browser; whether it is a fault is for the test to say.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
      faults.push(message.text());
  });
  await page.route(
    ({ pathname }) => pathname === '/',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'content-security-policy': POLICY },
      });
    },
  );
  await page.goto(url);
  return { page, faults };
}
