import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { loadRegistry } from '../../host/registry/registry.js';
import { openStore, openStoreForReading } from '../../host/store/sqlite/store.js';
import { Zone } from '../../host/zone.js';
import { storeContract } from './store-contract.js';
import { temporaryFolder } from './temporary.js';
import { at, rating, registryOf, TestTerminal } from './terminal.js';

storeContract('SQLite', async (folder) => openStore(folder));

describe('the SQLite file', () => {
  it('is opened safe every time, not only the first', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 3; i++) {
      const store = openStore(folder);
      expect(store.pragma('synchronous')).toBe(2);
      expect(store.pragma('journal_mode')).toBe('wal');
      expect(store.pragma('foreign_keys')).toBe(1);
      expect(store.pragma('wal_autocheckpoint')).toBe(10_000);
      expect(store.pragma('cache_size')).toBe(-65_536);
      await store.close();
    }
  });

  it('keeps nothing of a group that was rolled back, not even in memory', async () => {
    const a = new TestTerminal(0xa1);
    const clocks = async (lose: boolean) => {
      const folder = temporaryFolder();
      const store = openStore(folder);
      await loadRegistry(store, registryOf([a]), new Zone('Asia/Ho_Chi_Minh'));
      const commit = (first: number, receivedAt: number, refused: ReadonlyMap<string, number>) => {
        const message = a.batch(first, [rating(5)]);
        const arrival = { message, frame: a.frame(message), receivedAt: at(receivedAt) };
        return store.commit({ arrivals: [arrival], quarantine: [], refused });
      };
      await commit(1, 2_000_000, new Map());
      // The last statement of the transaction fails, after the books were written.
      const impossible = new Map([[null as unknown as string, 1]]);
      if (lose) await expect(commit(2, 1_500_000, impossible)).rejects.toThrow();
      await commit(2, 1_900_000, new Map());
      await store.close();
      const database = new Database(join(folder, 'hailong.sqlite'), { readonly: true });
      const rows = ['boot_clock', 'log', 'tally', 'batch'].map((table) =>
        database.prepare(`SELECT * FROM ${table}`).all(),
      );
      database.close();
      return rows;
    };
    expect(await clocks(true)).toEqual(await clocks(false));
  });

  const refusal = (folder: string, code: string) => {
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ name: 'StoreError', code }));
  };

  it('is refused when a newer release made it, and left as it is', async () => {
    const folder = temporaryFolder();
    await openStore(folder).close();
    const file = join(folder, 'hailong.sqlite');
    const database = new Database(file);
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(file);
    refusal(folder, 'store_newer');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("is refused when it is damaged or another program's", () => {
    const damaged = temporaryFolder();
    writeFileSync(
      join(damaged, 'hailong.sqlite'),
      'this is not a database, however long it may be. '.repeat(100),
    );
    refusal(damaged, 'store_broken');
    const foreign = temporaryFolder();
    const database = new Database(join(foreign, 'hailong.sqlite'));
    database.exec('CREATE TABLE theirs (x)');
    database.close();
    refusal(foreign, 'store_foreign');
  });

  it('is refused below a regular file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    refusal(join(file, 'data'), 'data_unwritable');
  });

  it('is not made by a reader', () => {
    expect(() => openStoreForReading(temporaryFolder())).toThrow(
      expect.objectContaining({ code: 'store_absent' }),
    );
  });

  it('refuses two places at once for a terminal, whoever writes them', async () => {
    const folder = temporaryFolder();
    await openStore(folder).close();
    const database = new Database(join(folder, 'hailong.sqlite'));
    database.exec(`INSERT INTO place VALUES ('o', NULL, 'office', 'o', NULL, NULL, 1), ('c', 'o', 'counter', 'c', NULL, NULL, 2);
      INSERT INTO terminal VALUES (1, zeroblob(32)); INSERT INTO assignment VALUES (1, 'c', 10, 20);`);
    const put = database.prepare("INSERT INTO assignment VALUES (1, 'c', ?, ?)");
    expect(() => put.run(15, null)).toThrow('assignments overlap');
    expect(() => put.run(5, 11)).toThrow('assignments overlap');
    put.run(20, null);
    database.close();
  });
});
