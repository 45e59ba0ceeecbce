import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { displayWidth, table } from '../../host/command/table.js';
import { Ingest } from '../../host/ingest/ingest.js';
import { loadRegistry } from '../../host/registry/registry.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { Zone } from '../../host/zone.js';
import { Hailong } from './process.js';
import { temporaryFolder } from './temporary.js';
import { cs, rating, registryOf, seq, suppressed, TestTerminal, totals, unix } from './terminal.js';

// Each test starts processes.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const NOW = unix('2026-03-02T02:30:00Z');
let data: string;

beforeAll(async () => {
  data = temporaryFolder();
  const store = openStore(data);
  const [a, b] = [new TestTerminal(0xa1), new TestTerminal(0xb2)];
  const stray = new TestTerminal(0xc3);
  const document = registryOf([a, b]) as { terminals: object[] };
  document.terminals.push({ id: stray.hex, key: Buffer.from(stray.key).toString('hex') });
  await loadRegistry(store, document, new Zone('Asia/Ho_Chi_Minh'));
  const happy = Array.from({ length: 30 }, () => rating(5));
  await new Ingest({ store }).receive([
    a.received(a.batch(1, [...happy, rating(1), suppressed(3)]), NOW),
    b.received(b.batch(1, [rating(2, 0, 3)], { sent: { boot: 2, uptime: cs(100) } }), NOW),
    b.received({ kind: 'gap', terminal: b.id, log: b.log, from: seq(2), to: seq(8) }, NOW),
    stray.received(stray.batch(1, [rating(3), totals(0, 0, 1, 0, 0, 0)]), NOW),
    b.received(b.batch(9, [totals(0, 4, 0, 0, 0, 1)], { boot: 2 }), NOW),
  ]);
  await store.close();
});

const period = ['--from', '2026-03-01', '--to', '2026-03-02'];
const tally = (...args: string[]) => Hailong.run('tally', '--data', data, ...args);

describe('hailong tally', () => {
  it('prints a table that fits 80 columns, with intervals, notes and what counts as satisfied', async () => {
    const { code, out, err } = await tally(...period, '--lang', 'vi');
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(Math.max(...lines.slice(0, 8).map(displayWidth))).toBeLessThanOrEqual(80);
    const office = lines.find((line) => line.includes('xã số 1'))!;
    expect(office).toMatch(/Bộ phận một cửa xã số 1 +96,8% +83,8%–99,4% +31 +– +–$/);
    expect(lines.find((line) => line.includes('xã số 2'))).toMatch(/100,0% .* 1 +– +mbd$/);
    expect(lines.find((line) => line.startsWith('Toàn bộ'))).toContain(' 32 ');
    expect(out).toContain('Thang 5 mức: tính là hài lòng các mức 4, 5');
    expect(out).toContain('Thang 3 mức: tính là hài lòng các mức 2, 3');
    expect(out).toContain('thiết bị báo mất 7 sự kiện');
    expect(out).toContain('Không tính 1 đánh giá');
    expect(lines.filter((line) => line.startsWith('d: '))).toEqual([
      'd: thiết bị 000000b2 (Bộ phận một cửa xã số 2, Quầy 1) tự đếm khác với máy chủ: mức 2: +3; bấm không tính: +1 (dấu +: thiết bị đếm nhiều hơn).',
    ]);
    expect((await tally(...period, '--office', 'office-1')).out).not.toContain('000000b2');
  });

  it('prints JSON, of one office when asked', async () => {
    const { out } = await tally(...period, '--json', '--office', 'office-2');
    expect(JSON.parse(out)).toMatchObject({ total: { rated: 1, bounded: 1, missing: 7 }, offices: [{}] });
  });

  it('follows the configured satisfied levels', async () => {
    const config = join(temporaryFolder(), 'config.json');
    writeFileSync(config, JSON.stringify({ satisfied: { 5: [1] } }));
    const { out } = await tally(...period, '--json', '--office', 'office-1', '--config', config);
    expect(JSON.parse(out).total).toMatchObject({ rated: 31, satisfied: 1 });
  });

  it.each([
    [['--office', 'office'], 'office-1, office-2'],
    [['--from', 'hôm qua'], 'hôm qua'],
    [['--from', '2026-03-03', '--to', '2026-03-02'], '2026-03-03'],
    [['--data', '/nonexistent/data'], '/nonexistent/data'],
    [['--config', '/nonexistent/config'], '/nonexistent/config'],
  ])('explains %j in one sentence', async (args, mentions) => {
    const { code, out, err } = await tally(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toContain(mentions);
  });

  it.each([[['--nonsense']], [['--office']], [['extra']]])('answers wrong usage %j with 2', async (args) => {
    const { code, err } = await tally(...args);
    expect(code).toBe(2);
    expect(err).toMatch(/--help/);
  });
});

describe('hailong registry', () => {
  it('shows the tree and no keys, and names a faulty entry', async () => {
    const key = Buffer.from(new TestTerminal(0xa1).key).toString('hex');
    for (const json of [[], ['--json']]) {
      const { code, out } = await Hailong.run('registry', 'show', '--data', data, ...json);
      expect(code).toBe(0);
      expect(out).toContain('Bộ phận một cửa xã số 2');
      expect(out).toContain('000000a1');
      expect(out).not.toContain(key.slice(0, 12));
    }
    const file = join(temporaryFolder(), 'registry.json');
    writeFileSync(
      file,
      JSON.stringify({ places: [{ id: 'x', kind: 'counter', name: 'X', parent: 'gone' }], terminals: [] }),
    );
    const { code, err } = await Hailong.run('registry', 'load', file, '--data', data);
    expect(code).toBe(1);
    expect(err).toContain('places[0] (x)');
    writeFileSync(file, '{');
    expect((await Hailong.run('registry', 'load', file, '--data', data)).code).toBe(1);
  });
});

describe('a table', () => {
  it('pads by what is seen and cuts the first column only', () => {
    const columns = [
      { title: 'Cơ quan', align: 'left' as const },
      { title: 'Số', align: 'right' as const },
    ];
    const long = 'Trung tâm phục vụ hành chính công '.repeat(4);
    const lines = table(
      columns,
      [
        ['Tràng Phái'.normalize('NFD'), '7'],
        [long, '1.234'],
      ],
      40,
    );
    expect(lines.map(displayWidth).slice(2)).toEqual([40, 40]);
    expect(lines[3]).toMatch(/… {2}1\.234$/);
  });
});
