/** Two `hailong serve` on one folder by mistake, terminals hopping between them: still exact. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { rebuildStore } from '../../host/store/sqlite/rebuild.js';
import type { Event } from '../../protocol/messages.js';
import { Link } from './link.js';
import { Hailong } from './process.js';
import { temporaryFolder } from './temporary.js';
import { cs, rating, registryOf, TestTerminal, totals } from './terminal.js';

const TERMINALS = 6;
const BATCHES = 50;
const RATINGS = 4;

it('is exact with two hosts on one store', async () => {
  const terminals = Array.from({ length: TERMINALS }, (_, i) => new TestTerminal(0xa1 + i));
  const data = temporaryFolder();
  const file = join(data, 'registry.json');
  writeFileSync(file, JSON.stringify(registryOf(terminals)));
  await Hailong.run('registry', 'load', file, '--data', data);
  const hosts = await Promise.all([Hailong.serve(data), Hailong.serve(data)]);
  const outcomes = new Set<string>();
  const walk = async (terminal: TestTerminal, seed: number) => {
    const links = await Promise.all(hosts.map(({ mqttUrl }) => Link.connect(terminal, mqttUrl)));
    for (let i = 0, next = 1; i < BATCHES; i++) {
      const ratings = Array.from({ length: RATINGS }, (): Event => rating(5, 1));
      const count = (i + 1) * RATINGS;
      const batch = terminal.batch(next, [...ratings, totals(0, 0, 0, 0, count, 0)], { base: cs(1000 + i) });
      // Now to one, now to the other, now to both at once, as two brokers that share a name would do it.
      const way = (i * 7 + seed) % 3;
      const asked = way === 2 ? links : [links[way]!];
      const answers = await Promise.all(asked.map((link) => link.send(batch, 20_000)));
      next += batch.events.length;
      expect(answers).toEqual(asked.map(() => next - 1));
      outcomes.add(`${way}`);
    }
    for (const link of links) link.close();
  };
  await Promise.all(terminals.map(walk));
  expect(outcomes.size).toBe(3);
  for (const host of hosts) {
    const summary = await (await fetch(`${host.url}api/v1/summary`)).json();
    expect((summary as { total: { rated: number } }).total.rated).toBe(TERMINALS * BATCHES * RATINGS);
    const { terminals: books } = (await (await fetch(`${host.url}api/v1/terminals`)).json()) as {
      terminals: { difference: number[] }[];
    };
    expect(books.map(({ difference }) => difference)).toEqual(terminals.map(() => [0, 0, 0, 0, 0, 0]));
  }
  for (const host of hosts) {
    host.child.kill('SIGTERM');
    expect([await host.exited, host.err]).toEqual([0, '']);
  }
  const database = new Database(join(data, 'hailong.sqlite'), { readonly: true });
  const kept = database.prepare('SELECT terminal, first_seq, count(*) AS n FROM batch GROUP BY 1, 2').all();
  database.close();
  expect(kept).toHaveLength(TERMINALS * BATCHES);
  expect((kept as { n: number }[]).every(({ n }) => n === 1)).toBe(true);
  expect(rebuildStore(data, { check: true }).differences).toEqual([]);
}, 120_000);
