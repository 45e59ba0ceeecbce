import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { rebuildCommand } from '../../host/command/rebuild.js';
import { LOCK_FILE, occupy } from '../../host/store/sqlite/occupancy.js';
import { rebuildStore } from '../../host/store/sqlite/rebuild.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { History } from './history.js';
import { Hailong } from './process.js';
import { temporaryFolder, until } from './temporary.js';
import { at } from './terminal.js';

vi.setConfig({ testTimeout: 120_000 });

const DERIVED = ['log', 'boot_clock', 'tally', 'gap'];

async function storeWith(seed: number, groups = 300): Promise<string> {
  const folder = temporaryFolder();
  const store = openStore(folder);
  store.pragma('synchronous = OFF');
  await new History(store, seed).make(groups);
  await store.close();
  return folder;
}

function change(folder: string, sql: string): void {
  const database = new Database(join(folder, 'hailong.sqlite'));
  database.exec(sql);
  database.close();
}

/** Every row of every table that can be derived. */
function dump(folder: string): Record<string, unknown[]> {
  const database = new Database(join(folder, 'hailong.sqlite'), { readonly: true });
  const rows = DERIVED.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]);
  database.close();
  return Object.fromEntries(rows);
}

const rated = (folder: string) =>
  (dump(folder).tally as { scale: number; count: number }[]).reduce(
    (sum, { scale, count }) => sum + (scale > 0 ? count : 0),
    0,
  );

const refusal = (work: () => unknown, code: string, why = code) =>
  expect(work, why).toThrow(expect.objectContaining({ name: 'StoreError', code }));

describe('a rebuild', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('comes to identical books from history %d', async (seed) => {
    const folder = await storeWith(seed);
    const before = dump(folder);
    // The history holds what is promised to be in it.
    expect(before.gap!.map((row) => (row as { reason: string }).reason)).toEqual(
      expect.arrayContaining(['declared', 'overflow']),
    );
    expect(new Set(before.tally!.map((row) => (row as { bounded: number }).bounded)).size).toBe(2);
    expect(before.boot_clock!.length).toBeGreaterThan(6);
    expect(new Set(before.tally!.map((row) => (row as { counter: string }).counter)).size).toBeGreaterThan(1);
    expect(rebuildStore(folder, { check: true }).differences).toEqual([]);
    change(folder, DERIVED.map((table) => `DELETE FROM ${table};`).join(''));
    const { batches, differences } = rebuildStore(folder, { check: false });
    expect(batches).toBeGreaterThan(200);
    expect(differences).toHaveLength(3);
    expect(dump(folder)).toEqual(before);
  });

  it('finds and names what was altered, and changes it only when asked', async () => {
    const folder = await storeWith(11);
    const before = dump(folder);
    change(
      folder,
      `UPDATE tally SET count = count + 5 WHERE terminal = 161 AND scale = 5 AND level = 3
       AND hour = (SELECT max(hour) FROM tally WHERE terminal = 161 AND scale = 5 AND level = 3)`,
    );
    const altered = dump(folder);
    const { differences } = rebuildStore(folder, { check: true });
    expect(differences).toMatchObject([{ terminal: 0xa1, tables: { tally: expect.any(Number) } }]);
    expect(differences[0]!.ratedBefore).toBeGreaterThan(differences[0]!.rated);
    expect(dump(folder)).toEqual(altered);
    rebuildStore(folder, { check: false });
    expect(dump(folder)).toEqual(before);
  });

  it('refuses frames that were altered, left out or cut off, and changes nothing', async () => {
    const folder = await storeWith(12, 60);
    const cases: [string, string][] = [
      ['UPDATE batch SET frame = (SELECT frame FROM batch WHERE id = 21) WHERE id = 20', 'rebuild_seal'],
      ['UPDATE batch SET frame = zeroblob(60) WHERE id = 20', 'rebuild_seal'],
      [
        'UPDATE batch SET terminal = 178 WHERE id = (SELECT min(id) FROM batch WHERE terminal = 161)',
        'rebuild_seal',
      ],
      ['DELETE FROM batch WHERE id = (SELECT min(id) FROM batch WHERE terminal = 161)', 'rebuild_order'],
      ['UPDATE batch SET last_seq = last_seq + 1 WHERE id = 10', 'rebuild_order'],
      ['DELETE FROM batch WHERE id = (SELECT max(id) FROM batch)', 'rebuild_short'],
    ];
    for (const [sql, code] of cases) {
      const copy = temporaryFolder();
      const database = new Database(join(folder, 'hailong.sqlite'));
      await database.backup(join(copy, 'hailong.sqlite'));
      database.close();
      change(copy, sql);
      const altered = dump(copy);
      refusal(() => rebuildStore(copy, { check: false }), code, sql);
      expect(dump(copy)).toEqual(altered);
    }
  });

  it('keeps writers out while it runs, and is kept out by them', async () => {
    const folder = await storeWith(13, 20);
    const store = openStore(folder);
    const second = openStore(folder);
    refusal(() => rebuildStore(folder, { check: false }), 'store_in_use');
    expect(rebuildStore(folder, { check: true }).differences).toEqual([]);
    await store.close();
    refusal(() => rebuildStore(folder, { check: false }), 'store_in_use');
    await second.close();
    rebuildStore(folder, {
      check: false,
      onProgress: () => refusal(() => occupy(folder), 'store_rebuilding'),
    });
  });

  it('is refused where there is no store, and makes none', () => {
    const folder = temporaryFolder();
    refusal(() => rebuildStore(folder, { check: false }), 'store_absent');
    expect(existsSync(join(folder, LOCK_FILE))).toBe(false);
  });
});

describe('hailong rebuild', () => {
  const run = (folder: string, ...more: string[]) =>
    Hailong.run('rebuild', '--data', folder, '--lang', 'en', ...more);

  it('checks beside a running host, refuses to change beside it, and is not held up by a dead one', async () => {
    const folder = await storeWith(14, 40);
    const host = await Hailong.serve(folder);
    expect(await run(folder, '--check')).toMatchObject({ code: 0, err: '' });
    const refused = await run(folder);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('Stop it and try again');
    host.child.kill('SIGKILL');
    await host.exited;
    const done = await run(folder);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toContain('every figure agrees');
  });

  it('names each terminal that differs and says so with its exit code', async () => {
    const folder = await storeWith(15, 40);
    change(folder, 'DELETE FROM tally WHERE terminal = 178');
    const { code, out } = await run(folder, '--check');
    expect(code).toBe(1);
    expect(out).toMatch(/^000000b2: 0 ratings stored, \d+ by recount; rows that differ: tallies \(\d+\)\.$/m);
    expect((await run(folder)).code).toBe(0);
    expect((await run(folder, '--check')).out).toContain('every figure agrees');
  });

  it('tells how far it is when it takes long', async () => {
    const folder = await storeWith(17, 30);
    const out: string[] = [];
    const err: string[] = [];
    let clock = 0;
    const console = {
      lang: 'en' as const,
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      now: () => {
        clock += 6_000;
        return at(clock);
      },
    };
    expect(await rebuildCommand(console, { data: folder, check: true })).toBe(0);
    expect(err.at(-1)).toMatch(/^(\d+) of \1 batches checked…$/);
    expect(out).toHaveLength(1);
  });

  it('leaves the old books or the new, whenever it is killed, and lets a host start at once', async () => {
    const folder = await storeWith(16, 2_000);
    const whole = rated(folder);
    change(folder, 'DELETE FROM tally');
    let finished = 0;
    for (let delayMs = 240; finished === 0; delayMs += 90) {
      const rebuild = Hailong.start('rebuild', '--data', folder);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      rebuild.child.kill('SIGKILL');
      if ((await rebuild.exited) === 0) finished++;
      expect([0, whole]).toContain(rated(folder));
      await openStore(folder).close();
    }
    expect(rated(folder)).toBe(whole);
    const host = await Hailong.serve(folder);
    host.child.kill('SIGTERM');
    await until('the end', async () => (await host.exited) === 0);
  });
});
