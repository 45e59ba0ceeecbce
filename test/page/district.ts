/** A small group of offices whose figures are known by hand: many ratings, few, and none. */
import type { TerminalId } from '../../protocol/messages.js';
import { terminalHex } from '../../protocol/topic.js';

const SINCE = '2020-01-01';

const OFFICES = [
  { id: 'huyen', name: 'Bộ phận Một cửa huyện' },
  { id: 'an-son', name: 'Xã An Sơn' },
  { id: 'tri-le', name: 'Xã Tri Lễ' },
] as const;

export const TERMINALS = OFFICES.map((_, index) => (0xa0 + index) as TerminalId);

export function keyOf(terminal: TerminalId): Uint8Array {
  return new Uint8Array(32).fill(terminal);
}

export const REGISTRY = {
  title: 'Huyện Văn Quan',
  places: [
    { id: 'group', parent: null, kind: 'group', name: 'Huyện Văn Quan', from: SINCE },
    ...OFFICES.flatMap(({ id, name }) => [
      { id, parent: 'group', kind: 'office', name, from: SINCE },
      { id: `${id}.1`, parent: id, kind: 'counter', name: 'Quầy 1', from: SINCE },
    ]),
  ],
  terminals: OFFICES.map(({ id }, index) => ({
    id: terminalHex(TERMINALS[index]!),
    key: Buffer.from(keyOf(TERMINALS[index]!)).toString('hex'),
    counter: `${id}.1`,
    from: SINCE,
  })),
};

/** So many ratings of each level. */
export function levels(counts: Readonly<Record<number, number>>): number[] {
  return Object.entries(counts).flatMap(([level, count]) => Array<number>(count).fill(Number(level)));
}

/** 90 of 100 satisfied: rate 90.0%, Wilson 95% interval 82.6% to 94.5%. */
export const MANY = levels({ 1: 1, 2: 3, 3: 6, 4: 10, 5: 80 });
/** 4 of 4: rate 100%, interval 51.0% to 100%. */
export const FEW = levels({ 5: 4 });
