/**
 * The virtual district: the 18 one-stop offices of Văn Quan as its own report of 2024 counts them, the
 * district's office and 17 communes, with a temper each for the crowd. Everything here is
 * invention but the names.
 */
import type { TerminalId } from '../../protocol/messages.js';

export type VirtualTerminalPlan = {
  readonly id: TerminalId;
  readonly office: string;
  readonly counter: string;
  readonly counterName: string;
  /** Ratings on a full working day; 0 for the terminal kept for visitors. */
  readonly ratingsPerDay: number;
  /** Chance that a visit ends well. */
  readonly content: number;
};

type OfficePlan = { id: string; name: string; content: number; ratingsPerDay: number };

export const TITLE = 'Huyện Văn Quan';
export const GROUP = 'van-quan';
export const DISTRICT_OFFICE = 'mot-cua-huyen';
/** Fewest terminals: one an office. */
export const TERMINALS_MIN = 18;
export const TERMINALS_MAX = 500;

const OFFICES: readonly OfficePlan[] = [
  { id: DISTRICT_OFFICE, name: 'Bộ phận Một cửa huyện Văn Quan', content: 0.93, ratingsPerDay: 26 },
  { id: 'tt-van-quan', name: 'Thị trấn Văn Quan', content: 0.95, ratingsPerDay: 22 },
  { id: 'an-son', name: 'Xã An Sơn', content: 0.97, ratingsPerDay: 9 },
  { id: 'binh-phuc', name: 'Xã Bình Phúc', content: 0.94, ratingsPerDay: 8 },
  { id: 'diem-he', name: 'Xã Điềm He', content: 0.96, ratingsPerDay: 12 },
  { id: 'dong-giap', name: 'Xã Đồng Giáp', content: 0.9, ratingsPerDay: 6 },
  { id: 'hoa-binh', name: 'Xã Hòa Bình', content: 0.95, ratingsPerDay: 7 },
  { id: 'huu-le', name: 'Xã Hữu Lễ', content: 0.98, ratingsPerDay: 8 },
  { id: 'khanh-khe', name: 'Xã Khánh Khê', content: 0.92, ratingsPerDay: 10 },
  { id: 'lien-hoi', name: 'Xã Liên Hội', content: 0.96, ratingsPerDay: 5 },
  { id: 'luong-nang', name: 'Xã Lương Năng', content: 0.97, ratingsPerDay: 6 },
  { id: 'tan-doan', name: 'Xã Tân Đoàn', content: 0.94, ratingsPerDay: 11 },
  { id: 'trang-cac', name: 'Xã Tràng Các', content: 0.88, ratingsPerDay: 5 },
  { id: 'trang-phai', name: 'Xã Tràng Phái', content: 0.95, ratingsPerDay: 7 },
  { id: 'tri-le', name: 'Xã Tri Lễ', content: 0.93, ratingsPerDay: 9 },
  { id: 'tran-ninh', name: 'Xã Trấn Ninh', content: 0.96, ratingsPerDay: 6 },
  { id: 'tu-xuyen', name: 'Xã Tú Xuyên', content: 0.94, ratingsPerDay: 8 },
  { id: 'yen-phuc', name: 'Xã Yên Phúc', content: 0.95, ratingsPerDay: 13 },
];

/** Terminal ids start here; the visitors' terminal is one below. */
const ID_FIRST = 0x00004c01;

/** The terminal the page shows: at the district's office, and left alone by the crowd. */
export const VISITORS: VirtualTerminalPlan = {
  id: (ID_FIRST - 1) as TerminalId,
  office: DISTRICT_OFFICE,
  counter: `${DISTRICT_OFFICE}-0`,
  counterName: 'Quầy hướng dẫn',
  ratingsPerDay: 0,
  content: 1,
};

/**
 * `count` terminals (18 to 500) and the visitors' one. The first 18 go one to an office; then the
 * district's office gets every other one, as that is where the counters are.
 */
export function planTerminals(count: number): VirtualTerminalPlan[] {
  const counters = new Map<string, number>();
  const plans = Array.from({ length: count }, (_, i): VirtualTerminalPlan => {
    const extra = i - OFFICES.length;
    const office = extra < 0 ? OFFICES[i]! : OFFICES[extra % 2 === 0 ? 0 : 1 + ((extra >> 1) % 17)]!;
    const number = (counters.get(office.id) ?? 0) + 1;
    counters.set(office.id, number);
    return {
      id: (ID_FIRST + i) as TerminalId,
      office: office.id,
      counter: `${office.id}-${number}`,
      counterName: `Quầy ${number}`,
      ratingsPerDay: office.ratingsPerDay,
      content: office.content,
    };
  });
  return [VISITORS, ...plans];
}

export function officeName(id: string): string {
  return OFFICES.find((office) => office.id === id)?.name ?? id;
}

/** The registry document of these terminals, all in place since `from`. */
export function registryDocument(
  plans: readonly VirtualTerminalPlan[],
  keys: ReadonlyMap<TerminalId, Uint8Array>,
  from: string,
) {
  const place = (id: string, parent: string | null, kind: string, name: string) => ({
    id,
    parent,
    kind,
    name,
  });
  return {
    title: TITLE,
    places: [
      place(GROUP, null, 'group', TITLE),
      ...OFFICES.map(({ id, name }) => place(id, GROUP, 'office', name)),
      ...plans.map(({ counter, office, counterName }) => place(counter, office, 'counter', counterName)),
    ],
    terminals: plans.map(({ id, counter }) => ({
      id: id.toString(16).padStart(8, '0'),
      key: Buffer.from(keys.get(id)!).toString('hex'),
      counter,
      from,
    })),
  };
}
