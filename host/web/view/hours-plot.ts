/**
 * The two uPlot panels of the hours: above, the rate; below, ratings as bars, the satisfied part
 * filled. They share their time axis and their cursor. Colours come from the style sheet, so that light
 * and dark are decided in one place.
 */
import uPlot from 'uplot';
import { HOUR_MS, type Series } from '../series.js';
import type { Setting } from '../setting.js';

export type Plot = {
  readonly show: (series: Series) => void;
  readonly resize: (width: number) => void;
  readonly close: () => void;
};

const SHARE_PX = 110;
const COUNT_PX = 170;
const AXIS_PX = 52;
const NARROW_PX = 560;
const TINY_PX = 380;

export function drawPlot(
  host: HTMLElement,
  first: Series,
  daily: boolean,
  { format }: Setting,
  pointed: (hour: number | null) => void,
): Plot {
  let series = first;
  const colour = coloursOf(host);
  const width = host.clientWidth;
  const cursor: uPlot.Cursor = {
    sync: { key: 'hours', scales: ['x', null] },
    drag: { x: false, y: false },
    points: { show: false },
    y: false,
  };
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const line = { stroke: colour('--line'), width: 1 };
  const axis = { stroke: colour('--muted'), font, grid: line, ticks: { show: false } };
  const x: uPlot.Scale = {
    time: false,
    range: () => [seconds(series.hours[0]!.startMs), seconds(series.hours.at(-1)!.startMs + HOUR_MS)],
  };
  const splits = (plot: uPlot) => timeSplits(series, daily, plot.width, format);
  const label = (ms: number) => {
    if (daily) return format.dayMonth(ms);
    return hourOf(ms, format) === 0 ? `${format.weekday(ms)} ${format.dayMonth(ms)}` : format.clock(ms);
  };
  const accent = colour('--accent');

  const shares = new uPlot(
    {
      width,
      height: SHARE_PX,
      cursor,
      legend: { show: false },
      padding: [8, 12, 4, 0],
      scales: { x, y: { range: () => [lowShare(series), 1] } },
      axes: [
        { ...axis, size: 0, splits, values: (_, all) => all.map(() => '') },
        {
          ...axis,
          size: AXIS_PX,
          splits: () => [lowShare(series), (1 + lowShare(series)) / 2, 1],
          values: (_, all) => all.map((value) => format.tick(value)),
        },
      ],
      series: [
        {},
        {
          stroke: accent,
          width: 2,
          paths: daily ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!(),
          points: { show: !daily, size: 5, fill: accent, width: 0 },
          spanGaps: false,
        },
      ],
    },
    shareData(series),
    host,
  );
  const bars = uPlot.paths.bars!({ align: 1, size: [0.8, 40], radius: 0 });
  const counts = new uPlot(
    {
      width,
      height: COUNT_PX,
      cursor,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      scales: { x, y: { range: (_, __, most) => [0, Math.max(4, (most ?? 0) * 1.05)] } },
      axes: [
        { ...axis, size: 30, splits, values: (_, all) => all.map((value) => label(value * 1000)) },
        {
          ...axis,
          size: AXIS_PX,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
          values: (_, all) => all.map((value) => format.count(value)),
        },
      ],
      series: [
        {},
        { fill: colour('--rest'), width: 0, paths: bars, points: { show: false } },
        { fill: accent, width: 0, paths: bars, points: { show: false } },
      ],
      hooks: { setCursor: [(plot) => pointed(hourAt(plot, series))] },
    },
    countData(series),
    host,
  );
  return {
    show: (next) => {
      series = next;
      shares.setData(shareData(series));
      counts.setData(countData(series));
    },
    resize: (next) => {
      shares.setSize({ width: next, height: SHARE_PX });
      counts.setSize({ width: next, height: COUNT_PX });
    },
    close: () => {
      shares.destroy();
      counts.destroy();
    },
  };
}

function seconds(ms: number): number {
  return ms / 1000;
}

function coloursOf(host: HTMLElement): (name: string) => string {
  const style = getComputedStyle(host);
  return (name) => style.getPropertyValue(name).trim();
}

function shareData(series: Series): uPlot.AlignedData {
  return [series.hours.map(({ startMs }) => seconds(startMs)), [...series.shares]];
}

function countData({ hours }: Series): uPlot.AlignedData {
  return [
    hours.map(({ startMs }) => seconds(startMs)),
    hours.map(({ rated }) => rated),
    hours.map(({ satisfied }) => satisfied),
  ];
}

/** Lower end of the rate's axis: the lowest rate, rounded down to a fifth, so that it rarely moves. */
function lowShare({ shares }: Series): number {
  const lowest = Math.min(0.8, ...shares.filter((value) => value !== null));
  return Math.floor(lowest * 5 + 1e-9) / 5;
}

function hourOf(ms: number, format: Setting['format']): number {
  return Number(format.clock(ms).slice(0, 2));
}

/** Labelled instants: round hours of the host's zone, as many as have room. */
function timeSplits(series: Series, daily: boolean, width: number, format: Setting['format']): number[] {
  const starts = daily ? series.days : series.hours;
  const step = daily
    ? width < NARROW_PX
      ? 4
      : width < 2 * NARROW_PX
        ? 2
        : 1
    : width < TINY_PX
      ? 24
      : width < NARROW_PX
        ? 12
        : 6;
  return starts
    .filter(({ startMs }, index) => (daily ? index : hourOf(startMs, format)) % step === 0)
    .map(({ startMs }) => seconds(startMs));
}

function hourAt(plot: uPlot, series: Series): number | null {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return null;
  const hour = Math.floor((plot.posToVal(left, 'x') * 1000 - series.hours[0]!.startMs) / HOUR_MS);
  return hour >= 0 && hour < series.hours.length ? hour : null;
}
