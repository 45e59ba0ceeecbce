/**
 * `hailong tally`: the same summary as the API's, as a table or as JSON. Opens the store for reading
 * only, so it works while the host runs. Prints which levels count as satisfied, always.
 */
import type { Figures, Summary, Terminal } from '../api/schema.js';
import { type Lang, text } from '../catalogue.js';
import { readConfig } from '../config.js';
import { openStoreForReading } from '../store/sqlite/store.js';
import { differing, readPeriod, summary, terminals } from '../tally/summary.js';
import type { Console } from './console.js';
import { table } from './table.js';

export type TallyOptions = {
  readonly office?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly json?: boolean | undefined;
  readonly data: string;
  readonly config?: string | undefined;
};

const WIDTH = 80;

export async function tallyCommand(console: Console, options: TallyOptions): Promise<number> {
  const config = readConfig(options.config);
  const range = readPeriod(options.from, options.to, config.zone, console.now());
  const store = openStoreForReading(options.data);
  try {
    const presence = { online: () => false };
    const sources = { store, config, presence, now: console.now };
    const result = await summary(sources, { range, office: options.office });
    if (options.json === true) console.out(JSON.stringify(result, null, 2));
    else {
      const apart = differing(await terminals(sources), options.office);
      for (const line of tallyTable(console.lang, result, apart)) console.out(line);
    }
    return 0;
  } finally {
    await store.close();
  }
}

/** `apart` are the terminals whose own counts differ from the host's. */
export function tallyTable(lang: Lang, result: Summary, apart: readonly Terminal[]): string[] {
  const say = (key: string, params = {}) => text(lang, `tally.${key}`, params);
  const columns = [
    { title: say('office'), align: 'left' as const },
    ...['rate', 'interval', 'rated', 'response', 'notes'].map((key) => ({
      title: say(key),
      align: 'right' as const,
    })),
  ];
  const row = (name: string, figures: Figures, differs: boolean) => [
    name,
    percent(lang, figures.rate),
    interval(lang, figures.wilson),
    count(lang, figures.rated),
    percent(lang, figures.response.rate),
    notes(figures, differs),
  ];
  const rows = result.offices.map(({ office, figures }) =>
    row(
      office.name,
      figures,
      apart.some((one) => one.office?.id === office.id),
    ),
  );
  if (result.offices.length !== 1) rows.push(row(say('total'), result.total, apart.length > 0));
  const { from, to, zone } = result.period;
  return [
    result.title,
    say('period', { from, to, zone }),
    '',
    ...table(columns, rows, WIDTH),
    '',
    ...footnotes(lang, result),
    ...apart.map((terminal) => differenceLine(lang, terminal)),
  ];
}

/** A letter a kind of note; the footnotes say what each means. */
function notes({ missing, bounded }: Figures, differs: boolean): string {
  return [missing > 0 ? 'm' : '', bounded > 0 ? 'b' : '', differs ? 'd' : ''].join('') || '–';
}

function footnotes(lang: Lang, { total, unassigned }: Summary): string[] {
  const say = (key: string, params = {}) => text(lang, `tally.${key}`, params);
  const lines = satisfiedLines(lang, total);
  lines.push(say('suppressed', { count: count(lang, total.suppressed) }));
  if (total.missing > 0) lines.push(say('missing', { count: count(lang, total.missing) }));
  if (total.bounded > 0) lines.push(say('bounded', { count: count(lang, total.bounded) }));
  if (unassigned > 0) lines.push(say('unassigned', { count: count(lang, unassigned) }));
  return lines;
}

function satisfiedLines(lang: Lang, { levels }: Figures): string[] {
  const scales = [...new Set(levels.map(({ scale }) => scale))];
  return scales.map((scale) => {
    const satisfied = levels.filter((one) => one.scale === scale && one.satisfied).map((one) => one.level);
    return text(lang, 'tally.satisfied', { scale, levels: satisfied.join(', ') });
  });
}

function differenceLine(lang: Lang, { terminal, office, counter, difference }: Terminal): string {
  const counts = (difference ?? []).flatMap((more, i) => {
    if (more === 0) return [];
    const signed = more.toLocaleString(locale(lang), { signDisplay: 'always' });
    const key = i < 5 ? 'level' : 'suppressed';
    return [text(lang, `tally.difference.${key}`, { level: i + 1, count: signed })];
  });
  const nowhere = text(lang, 'tally.difference.nowhere');
  const place = office === null ? nowhere : `${office.name}, ${counter?.name ?? ''}`;
  return text(lang, 'tally.difference', { terminal, place, counts: counts.join('; ') });
}

const locale = (lang: Lang) => (lang === 'vi' ? 'vi-VN' : 'en-GB');

function percent(lang: Lang, share: number | null, digits = 1): string {
  if (share === null) return '–';
  const format = { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return share.toLocaleString(locale(lang), format);
}

function interval(lang: Lang, wilson: Figures['wilson']): string {
  return wilson === null ? '–' : `${percent(lang, wilson.low)}–${percent(lang, wilson.high)}`;
}

function count(lang: Lang, number: number): string {
  return number.toLocaleString(locale(lang));
}
