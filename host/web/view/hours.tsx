/**
 * The last hours as a picture, and as a table for whoever cannot or would rather not read a picture.
 * The line above the chart reads the hour that is pointed at.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Hours as HoursAnswer } from '../../api/schema.js';
import type { Loaded, SpanName } from '../feed.js';
import { type Bucket, HOUR_MS, type Series, seriesOf, share } from '../series.js';
import { type Setting, useSetting } from '../setting.js';
import { Choice } from './choice.js';
import { drawPlot, type Plot } from './hours-plot.js';

type Answer = HoursAnswer & { readonly span: SpanName };

export function Hours(props: {
  hours: Loaded<Answer>;
  span: SpanName;
  choose: (span: SpanName) => void;
  now: () => number;
}) {
  const { word } = useSetting();
  const { hours, span } = props;
  return (
    <section class="hours" aria-labelledby="hours-title" aria-busy={hours.kind === 'ready' && hours.busy}>
      <div class="titled">
        <h2 id="hours-title">{word('page.hours')}</h2>
        <Choice
          name="span"
          label={word('page.hours.span')}
          value={span}
          choose={props.choose}
          options={(['hours', 'days'] as const).map((value) => ({
            value,
            label: word(`page.hours.span.${value}`),
          }))}
        />
      </div>
      {hours.kind === 'loading' && <p class="aside">{word('page.loading')}</p>}
      {hours.kind === 'failed' && <p class="aside">{word('page.failed')}</p>}
      {hours.kind === 'ready' && <Shown answer={hours.value} now={props.now} />}
    </section>
  );
}

function Shown(props: { answer: Answer; now: () => number }) {
  const setting = useSetting();
  const { word, format } = setting;
  const { answer } = props;
  const { span } = answer;
  const series = useMemo(() => seriesOf(answer, span, props.now()), [answer, span, props.now]);
  const spanWords = word(`page.hours.span.${span}`);
  const { most } = series;
  if (most === null) return <p class="aside">{word('page.hours.none', { span: spanWords })}</p>;
  const described = word('page.hours.described', {
    span: spanWords,
    count: format.count(series.rated),
    most: format.count(most.rated),
    when: `${format.dayMonth(most.startMs)} ${format.clock(most.startMs)}`,
  });
  return (
    <>
      <Picture series={series} daily={span === 'days'} described={described} />
      <details>
        <summary>{word('page.hours.table')}</summary>
        <Table series={series} daily={span === 'days'} />
      </details>
    </>
  );
}

function Picture(props: { series: Series; daily: boolean; described: string }) {
  const setting = useSetting();
  const { word } = setting;
  const { series, daily } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [hour, point] = useState<number | null>(null);
  const dark = useDark();

  // New figures are shown by the effect after this one, without drawing anew.
  useEffect(() => {
    const element = host.current!;
    const drawn = drawPlot(element, series, daily, setting, point);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.resize(element.clientWidth));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.close();
    };
  }, [daily, setting, dark]);
  useEffect(() => plot.current?.show(series), [series]);

  const bucket = hour === null ? undefined : series.hours[hour];
  return (
    <>
      <p class="legend">
        <span class="legend-key" data-key="rate">
          {word(daily ? 'page.hours.share.day' : 'page.hours.share')}
        </span>
        <span class="legend-key" data-key="satisfied">
          {word('page.hours.satisfied')}
        </span>
        <span class="legend-key" data-key="rest">
          {word('page.hours.rest')}
        </span>
      </p>
      <div class="plot" role="img" aria-label={props.described} ref={host} />
      <p class="aside readout">{bucket === undefined ? word('page.hours.hint') : readout(bucket, setting)}</p>
    </>
  );
}

function readout(bucket: Bucket, { word, format }: Setting): string {
  const rate = share(bucket);
  const when = {
    day: `${format.weekday(bucket.startMs)} ${format.dayMonth(bucket.startMs)}`,
    from: format.clock(bucket.startMs),
    to: format.clock(bucket.startMs + HOUR_MS),
  };
  if (rate === null) return word('page.hours.readout.none', when);
  return word('page.hours.readout', { ...when, count: format.count(bucket.rated), rate: format.rate(rate) });
}

function Table(props: { series: Series; daily: boolean }) {
  const { word, format } = useSetting();
  const { series, daily } = props;
  const rows = (daily ? series.days : series.hours).toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    <section class="scroll hours-table" aria-label={word('page.hours')} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{word(daily ? 'page.hours.table.day' : 'page.hours.table.hour')}</th>
            <th scope="col" class="number">
              {word('page.rated')}
            </th>
            <th scope="col" class="number">
              {word('page.hours.satisfied')}
            </th>
            <th scope="col" class="number">
              {word('page.rate')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((bucket) => {
            const rate = share(bucket);
            const day = `${format.weekday(bucket.startMs)} ${format.dayMonth(bucket.startMs)}`;
            return (
              <tr key={bucket.startMs}>
                <th scope="row">{daily ? day : `${day} ${format.clock(bucket.startMs)}`}</th>
                <td class="number">{format.count(bucket.rated)}</td>
                <td class="number">{format.count(bucket.satisfied)}</td>
                <td class="number">{rate === null ? '–' : format.rate(rate)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function useDark(): boolean {
  const query = useMemo(() => matchMedia('(prefers-color-scheme: dark)'), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const changed = () => setDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [query]);
  return dark;
}
