/**
 * A row an office. The host's own order, the registry's, stands until a column is chosen; an office
 * without a figure goes last whichever way the column runs, since it has nothing to be compared by.
 */
import { useState } from 'preact/hooks';
import type { OfficeFigures, Summary } from '../../api/schema.js';
import { type Setting, useSetting } from '../setting.js';
import type { WordKey } from '../words.js';
import { Changed } from './changed.js';
import { type Axis, IntervalBar, IntervalTicks, intervalAxis } from './interval-bar.js';

/** Below so many ratings the interval spans a fifth of the scale: no conclusion should rest on it. */
export const FEW_RATINGS = 30;

const COLUMNS = ['name', 'rate', 'interval', 'count', 'online', 'last'] as const;
type Column = (typeof COLUMNS)[number];
type Order = { readonly column: Column; readonly ascending: boolean };

export function Offices(props: { summary: Summary; nowMs: number }) {
  const { word, format } = useSetting();
  const [order, setOrder] = useState<Order | null>(null);
  const { offices, total } = props.summary;
  const intervals = offices.flatMap(({ figures }) => figures.wilson ?? []);
  const axis = intervals.length === 0 ? null : intervalAxis(intervals);
  const choose = (column: Column) =>
    setOrder(
      order?.column === column
        ? { column, ascending: !order.ascending }
        : { column, ascending: column === 'name' },
    );
  return (
    <section class="offices" aria-labelledby="offices-title">
      <h2 id="offices-title">{word('page.offices')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
      <section class="scroll" aria-labelledby="offices-title" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <Head key={column} column={column} order={order} choose={choose} axis={axis} />
              ))}
            </tr>
          </thead>
          <tbody>
            {inOrder(offices, order, format.compare).map((row) => (
              <Row
                key={row.office.id}
                row={row}
                axis={axis}
                all={total.rate}
                nowMs={props.nowMs}
                of={props.summary.period.from}
              />
            ))}
          </tbody>
        </table>
      </section>
      {offices.length === 0 && <p class="aside">{word('page.offices.empty')}</p>}
      {axis !== null && (
        <p class="aside">
          {word('page.offices.key', { low: format.tick(axis.low), few: format.count(FEW_RATINGS) })}
        </p>
      )}
    </section>
  );
}

function Head(props: {
  column: Column;
  order: Order | null;
  choose: (column: Column) => void;
  axis: Axis | null;
}) {
  const { word } = useSetting();
  const { column, order, axis } = props;
  const sorted = order?.column === column ? (order.ascending ? 'ascending' : 'descending') : undefined;
  return (
    <th scope="col" class={`col-${column}`} aria-sort={sorted}>
      <button type="button" onClick={() => props.choose(column)}>
        {word(`page.offices.${column}` satisfies WordKey)}
        <svg class="sort" viewBox="0 0 10 14" aria-hidden="true">
          <path class="sort-up" d="M5 1l4 5H1z" />
          <path class="sort-down" d="M5 13L1 8h8z" />
        </svg>
      </button>
      {column === 'interval' && axis !== null && <IntervalTicks axis={axis} />}
    </th>
  );
}

function Row(props: {
  row: OfficeFigures;
  axis: Axis | null;
  all: number | null;
  nowMs: number;
  of: string;
}) {
  const { word, format } = useSetting();
  const { office, figures, terminals, lastEventAt } = props.row;
  const { rate, wilson, rated } = figures;
  const few = rated < FEW_RATINGS;
  const away = terminals.online < terminals.total;
  return (
    <tr class={few ? 'unsure' : undefined} data-office={office.id}>
      <th scope="row" class="col-name">
        {office.name}
      </th>
      <td class="col-rate">{rate === null ? '–' : format.rate(rate)}</td>
      <td class="col-interval">
        {rate === null || wilson === null || props.axis === null ? (
          <span class="unknown">{word('page.offices.none')}</span>
        ) : (
          <>
            <IntervalBar rate={rate} interval={wilson} axis={props.axis} all={props.all} unsure={few} />
            <span class="unseen">
              {word('page.offices.interval.value', {
                low: format.rate(wilson.low),
                high: format.rate(wilson.high),
              })}
            </span>
          </>
        )}
      </td>
      <td class="col-count">
        <Changed value={rated} of={props.of}>
          {format.count(rated)}
        </Changed>
        {few && rated > 0 && <small>{word('page.offices.few')}</small>}
      </td>
      <td class={away ? 'col-online away' : 'col-online'}>
        {word('page.offices.online.value', {
          online: format.count(terminals.online),
          total: format.count(terminals.total),
        })}
      </td>
      <td class="col-last">
        {lastEventAt === null ? (
          <span class="unknown">{word('page.offices.last.none')}</span>
        ) : (
          <time dateTime={lastEventAt}>{format.moment(Date.parse(lastEventAt), props.nowMs)}</time>
        )}
      </td>
    </tr>
  );
}

function inOrder(
  offices: readonly OfficeFigures[],
  order: Order | null,
  compare: Setting['format']['compare'],
): readonly OfficeFigures[] {
  if (order === null) return offices;
  const way = order.ascending ? 1 : -1;
  if (order.column === 'name') {
    return offices.toSorted((a, b) => way * compare(a.office.name, b.office.name));
  }
  const key = KEYS[order.column];
  return offices.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return way * (left - right);
  });
}

/** What each column is sorted by; an interval by its width, which is how unsure it is. */
const KEYS: Record<Exclude<Column, 'name'>, (row: OfficeFigures) => number | null> = {
  rate: ({ figures }) => figures.rate,
  interval: ({ figures }) => figures.wilson && figures.wilson.high - figures.wilson.low,
  count: ({ figures }) => figures.rated,
  online: ({ terminals }) => (terminals.total === 0 ? null : terminals.online / terminals.total),
  last: ({ lastEventAt }) => (lastEventAt === null ? null : Date.parse(lastEventAt)),
};
