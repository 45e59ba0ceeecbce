/** What an administrator sees: the page in a browser, the host behind it, ratings sent as terminals do. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, noBrowser, openPage } from './browser.js';
import { FEW, keyOf, MANY, REGISTRY, TERMINALS } from './district.js';
import { HostProcess } from './host-process.js';
import { Sender } from './sender.js';

const DEADLINE_MS = 15_000;

async function figure(page: Page, name: string): Promise<string> {
  return ((await page.locator(`[data-figure=${name}]`).textContent()) ?? '').trim();
}

async function shows(page: Page, name: string, text: string): Promise<void> {
  await expect.poll(() => figure(page, name), { timeout: DEADLINE_MS }).toBe(text);
}

describe.skipIf(noBrowser)('the page before any rating', () => {
  let host: HostProcess;
  let browser: Browser;
  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), HostProcess.serve(REGISTRY)]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await host?.remove();
  });

  it('says that there is no rating, and never that the rate is zero', async () => {
    const { page, faults } = await openPage(browser, host.url);
    await page.getByText('Chưa có đánh giá', { exact: true }).waitFor();
    expect(await figure(page, 'response')).toBe('chưa có số lượt phục vụ');
    expect(await page.locator('tbody tr[data-office]').count()).toBe(3);
    expect(await page.locator('main').textContent()).not.toContain('0,0%');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows no terminal where the host has no virtual one', async () => {
    const { page } = await openPage(browser, host.url);
    await page.locator('[data-figure=rated]').waitFor();
    expect(await page.locator('.terminal').count()).toBe(0);
    await page.close();
  });

  it('follows the first ratings without being loaded again', async () => {
    const { page, faults } = await openPage(browser, host.url);
    await shows(page, 'rated', '0');
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    const sender = await Sender.connect(host.mqttPort, TERMINALS[0]!, keyOf(TERMINALS[0]!));
    // Its coming online is a change of its own; only then can the ratings be what moves the figure.
    await expect.poll(() => page.locator('tr[data-office=huyen] .col-online').textContent()).toBe('1/1');
    await sender.rate([5, 5, 1]);
    await shows(page, 'rated', '3');
    await shows(page, 'rate', '66,7%');
    // Marked as changed, without words or movement that would take the eye from something else.
    expect(await page.locator('[data-figure=rated] .changed').count()).toBe(1);
    expect(faults).toEqual([]);
    sender.vanish();
    await page.close();
  });
});

describe.skipIf(noBrowser)('the page of a district that is rated', () => {
  let host: HostProcess;
  let browser: Browser;
  let senders: Sender[];
  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), HostProcess.serve(REGISTRY)]);
    senders = await Promise.all(
      TERMINALS.map((terminal) => Sender.connect(host.mqttPort, terminal, keyOf(terminal))),
    );
    await senders[0]!.rate(MANY, 3_600_000);
    await senders[1]!.rate(FEW);
  }, 60_000);
  afterAll(async () => {
    for (const sender of senders ?? []) sender.vanish();
    await browser?.close();
    await host?.remove();
  });

  it('gives the rate of all with its interval and count', async () => {
    const { page, faults } = await openPage(browser, host.url);
    // 94 of 104.
    await shows(page, 'rate', '90,4%');
    await shows(page, 'rated', '104');
    await shows(page, 'interval', 'Khoảng tin cậy Wilson 95%: 83,2% đến 94,7%');
    await expect.poll(() => page.title()).toBe('90,4% hài lòng · Huyện Văn Quan');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('spreads the ratings over the levels, by name', async () => {
    const { page } = await openPage(browser, host.url);
    await shows(page, 'rated', '104');
    const rows = await page.locator('.levels li').allInnerTexts();
    expect(rows.map((row) => row.split('\n').join(' '))).toEqual([
      'Rất hài lòng 84 80,8%',
      'Hài lòng 10 9,6%',
      'Bình thường 6 5,8%',
      'Không hài lòng 3 2,9%',
      'Rất không hài lòng 1 1,0%',
    ]);
    await page.close();
  });

  it('shows which office has too few ratings to conclude from, and which has none', async () => {
    const { page } = await openPage(browser, host.url);
    const row = (office: string) => page.locator(`tr[data-office=${office}]`);
    await shows(page, 'rated', '104');
    expect(await row('huyen').textContent()).toMatch(/90,0%[\s\S]*82,6% đến 94,5%[\s\S]*100/);
    expect(await row('huyen').textContent()).not.toContain('ít lượt');
    expect(await row('an-son').textContent()).toMatch(/100,0%[\s\S]*51,0% đến 100,0%[\s\S]*4[\s\S]*ít lượt/);
    expect(await row('tri-le').textContent()).toMatch(/–[\s\S]*chưa có đánh giá/);
    await page.close();
  });

  it('sorts by a column, an office without a rate last both ways', async () => {
    const { page } = await openPage(browser, host.url);
    await shows(page, 'rated', '104');
    const order = () =>
      page
        .locator('tbody tr[data-office]')
        .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-office')));
    expect(await order()).toEqual(['huyen', 'an-son', 'tri-le']);
    const head = page.getByRole('columnheader', { name: 'Tỷ lệ' });
    await head.getByRole('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect(await order()).toEqual(['an-son', 'huyen', 'tri-le']);
    await head.getByRole('button').press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect(await order()).toEqual(['huyen', 'an-son', 'tri-le']);
    await page.close();
  });

  it('draws the hours, and tells them to who cannot see the drawing', async () => {
    const { page } = await openPage(browser, host.url);
    const picture = page.getByRole('img', { name: /48 giờ: tổng cộng 104 lượt, nhiều nhất 100 lượt/ });
    await picture.waitFor();
    expect(await picture.locator('canvas').count()).toBe(2);
    await page.getByText('Xem dạng bảng').click();
    expect(await page.locator('.hours-table tbody tr').count()).toBe(48);
    await page.getByRole('group', { name: 'Độ dài biểu đồ' }).getByLabel('14 ngày').check();
    await expect.poll(() => page.locator('.hours-table tbody tr').count()).toBe(14);
    await page.close();
  });

  it('asks for the days that are chosen, and remembers them in the address', async () => {
    const { page } = await openPage(browser, host.url);
    await shows(page, 'rated', '104');
    const asked = page.waitForRequest((request) => request.url().includes('/summary?'));
    await page.getByRole('group', { name: 'Khoảng thời gian' }).getByLabel('Hôm nay').check();
    const days = new URL((await asked).url()).searchParams;
    expect(days.get('from')).toBe(days.get('to'));
    await page.getByText(/^Ngày \d\d\/\d\d\/\d{4}, múi giờ/).waitFor();
    expect(new URL(page.url()).searchParams.get('period')).toBe('today');
    await page.close();
  });

  it('speaks English when asked, and remembers it', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(host.url);
    await shows(page, 'rate', '90,4%');
    await page.getByRole('group', { name: 'Ngôn ngữ' }).getByLabel('English').check();
    await shows(page, 'rate', '90.4%');
    expect(await figure(page, 'response')).toBe('number served not yet known');
    await page.goto(host.url);
    await shows(page, 'rate', '90.4%');
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    await page.goto(`${host.url}?lang=vi`);
    await shows(page, 'rate', '90,4%');
    await context.close();
  });

  it('says what is in the figure and what is not', async () => {
    const { page } = await openPage(browser, host.url);
    const notes = page.getByRole('region', { name: 'Ghi chú về số liệu' });
    await notes.waitFor();
    const text = await notes.textContent();
    expect(text).toContain('thang 5 mức: Hài lòng, Rất hài lòng');
    expect(text).toMatch(/Lượt bấm không tính\s*0/);
    expect(text).toMatch(/Sự kiện bị mất\s*0/);
    expect(text).toContain('một chữ số thập phân');
    await page.close();
  });

  it('offers to try again when the figures cannot be had, and then shows them', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.route('**/api/v1/summary*', (route) => route.abort());
    await page.goto(host.url);
    const again = page.getByRole('button', { name: 'Thử lại' });
    await again.waitFor();
    await page.getByText('Máy chủ không trả lời.').waitFor();
    await page.unroute('**/api/v1/summary*');
    await again.click();
    await shows(page, 'rated', '104');
    await page.close();
  });

  it('shows within sight which office has lost its terminal', async () => {
    const { page } = await openPage(browser, host.url);
    const cell = page.locator('tr[data-office=tri-le] .col-online');
    await expect.poll(() => cell.textContent(), { timeout: DEADLINE_MS }).toBe('1/1');
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    senders[2]!.vanish();
    await expect.poll(() => cell.textContent(), { timeout: DEADLINE_MS }).toBe('0/1');
    await page.close();
  });

  it('keeps the figures and says since when, when the host is gone; goes on when it is back', async () => {
    const { page } = await openPage(browser, host.url);
    await shows(page, 'rated', '104');
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    await host.kill();
    await page.getByText(/^Mất kết nối với máy chủ từ \d\d:\d\d:\d\d\./).waitFor();
    expect(await figure(page, 'rated')).toBe('104');
    await host.again();
    const sender = await Sender.connect(host.mqttPort, TERMINALS[2]!, keyOf(TERMINALS[2]!));
    await sender.rate([5]);
    await shows(page, 'rated', '105');
    await page.getByText('Trực tiếp', { exact: true }).waitFor();
    expect(await page.getByText('Mất kết nối với máy chủ').count()).toBe(0);
    sender.vanish();
    await page.close();
  }, 60_000);
});
