import { describe, expect, it } from 'vitest';
import { checkRegistry } from '../../host/registry/document.js';
import { addTerminal, loadRegistry } from '../../host/registry/registry.js';
import { openStore } from '../../host/store/sqlite/store.js';
import { Zone } from '../../host/zone.js';
import { open, seal } from '../../protocol/seal.js';
import { temporaryFolder } from './temporary.js';
import { registryOf, TestTerminal, unix } from './terminal.js';

const zone = new Zone('Asia/Ho_Chi_Minh');
const key = 'ab'.repeat(32);
const office = { id: 'o', kind: 'office', name: 'Bộ phận một cửa' };
const counter = { id: 'c', kind: 'counter', parent: 'o', name: 'Quầy 1' };
const terminal = { id: '000000a1', key, counter: 'c', from: '2026-01-01' };

describe('a key', () => {
  it.each([0, 16, 31, 33, 64])('of %d bytes is refused wherever it could come in', async (bytes) => {
    const short = new Uint8Array(bytes);
    const good = new TestTerminal(0xa1);
    const frame = good.frame(good.batch(1, []));
    expect(() => seal(short, 'up', frame)).toThrow(RangeError);
    expect(() => open(short, 'up', frame)).toThrow(RangeError);
    const store = openStore(temporaryFolder());
    await loadRegistry(store, registryOf([good]), zone);
    const entry = { id: good.id, counter: 'office-1.1', from: unix('2026-01-01') };
    await expect(addTerminal(store, { ...entry, key: short }, zone)).rejects.toMatchObject({
      code: 'registry_shape',
    });
    const change = { title: null, places: [], assignments: [], terminals: [{ id: good.id, key: short }] };
    await expect(store.changeRegistry(change)).rejects.toThrow();
    expect((await store.keys([good.id])).get(good.id)).toHaveLength(32);
    await store.close();
  });
});

describe('the registry document', () => {
  it('is taken with days of the zone and UTC times', () => {
    const change = checkRegistry(
      { places: [office, counter], terminals: [{ ...terminal, to: '2026-02-01T00:00:00Z' }] },
      zone,
    );
    expect(change.assignments).toEqual([
      { terminal: 0xa1, counter: 'c', from: unix('2025-12-31T17:00:00Z'), to: unix('2026-02-01T00:00:00Z') },
    ]);
    expect(checkRegistry(registryOf([new TestTerminal(1)]), zone).places).toHaveLength(3);
  });

  it.each([
    ['registry_shape', 'places[0].kind', { places: [{ ...office, kind: 'xã' }], terminals: [] }],
    [
      'registry_shape',
      'terminals[0].key',
      { places: [office, counter], terminals: [{ ...terminal, key: 'ab' }] },
    ],
    ['registry_shape', 'terminals', { places: [] }],
    ['registry_shape', 'places[0].naem', { places: [{ ...office, naem: 'x' }], terminals: [] }],
    ['registry_shape', '.', []],
    ['registry_twice', 'places[1] (o)', { places: [office, office], terminals: [] }],
    ['registry_no_parent', 'places[0] (c)', { places: [counter], terminals: [] }],
    ['registry_no_office', 'places[0] (c)', { places: [{ ...counter, parent: null }], terminals: [] }],
    [
      'registry_parent_kind',
      'places[1] (p)',
      { places: [office, { ...office, id: 'p', parent: 'o' }], terminals: [] },
    ],
    [
      'registry_circle',
      'places[0] (g)',
      {
        places: [
          { id: 'g', kind: 'group', name: 'G', parent: 'h' },
          { id: 'h', kind: 'group', name: 'H', parent: 'g' },
        ],
        terminals: [],
      },
    ],
    [
      'registry_interval',
      'places[0] (o)',
      { places: [{ ...office, from: '2026-01-02', to: '2026-01-02' }], terminals: [] },
    ],
    ['registry_time', 'places[0] (o)', { places: [{ ...office, from: '2026-02-30' }], terminals: [] }],
    [
      'registry_no_counter',
      'terminals[0] (000000a1)',
      { places: [office], terminals: [{ ...terminal, counter: 'o' }] },
    ],
    [
      'registry_no_from',
      'terminals[0] (000000a1)',
      { places: [office, counter], terminals: [{ ...terminal, from: null }] },
    ],
    [
      'registry_two_keys',
      'terminals[1] (000000a1)',
      {
        places: [office, counter],
        terminals: [terminal, { ...terminal, key: 'cd'.repeat(32), from: '2026-02-01' }],
      },
    ],
  ])('is refused with %s at %s', (code, where, document) => {
    expect(() => checkRegistry(document, zone)).toThrow(
      expect.objectContaining({ code, params: expect.objectContaining({ where }) }),
    );
  });
});
