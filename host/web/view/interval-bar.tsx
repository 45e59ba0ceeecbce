/**
 * A rate as a dot and its interval as a bar with whiskers. The bars of one table share one axis, from
 * the lowest bound in it, rounded down to a ten, to 100%: from zero, they would all look the same.
 */
import type { Figures } from '../../api/schema.js';
import { useSetting } from '../setting.js';

export type Interval = NonNullable<Figures['wilson']>;
export type Axis = { readonly low: number; readonly ticks: readonly number[] };

const AXIS_LOW_MAX = 0.9;

export function intervalAxis(intervals: readonly Interval[]): Axis {
  const lowest = Math.min(AXIS_LOW_MAX, ...intervals.map(({ low }) => low));
  const tens = Math.floor(lowest * 10 + 1e-9);
  const stepTens = tens <= 4 ? 2 : 1;
  const ticks: number[] = [];
  for (let ten = 10; ten >= tens; ten -= stepTens) ticks.unshift(ten / 10);
  return { low: tens / 10, ticks };
}

function place(share: number, axis: Axis): string {
  return `${(((share - axis.low) / (1 - axis.low)) * 100).toFixed(2)}%`;
}

export function IntervalBar(props: {
  rate: number;
  interval: Interval;
  axis: Axis;
  /** Rate to compare with, a dashed line. */
  all?: number | null;
  unsure?: boolean;
  /** Prints the axis' two ends. */
  ends?: boolean;
}) {
  const { rate, interval, axis, all, unsure } = props;
  const { format } = useSetting();
  const low = place(interval.low, axis);
  const high = place(interval.high, axis);
  return (
    <span class={unsure ? 'interval unsure' : 'interval'} aria-hidden="true">
      <svg class="interval-bar" width="100%" height="24" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <line
            key={tick}
            class="interval-tick"
            x1={place(tick, axis)}
            x2={place(tick, axis)}
            y1="0"
            y2="24"
          />
        ))}
        {all != null && (
          <line class="interval-all" x1={place(all, axis)} x2={place(all, axis)} y1="0" y2="24" />
        )}
        <line class="interval-line" x1={low} x2={high} y1="12" y2="12" />
        <line class="interval-line" x1={low} x2={low} y1="7" y2="17" />
        <line class="interval-line" x1={high} x2={high} y1="7" y2="17" />
        <circle class="interval-dot" cx={place(rate, axis)} cy="12" r="4.500" />
      </svg>
      {props.ends && (
        <span class="interval-ends">
          <span>{format.tick(axis.low)}</span>
          <span>{format.tick(1)}</span>
        </span>
      )}
    </span>
  );
}

/** The axis' labels, for the head of a column of bars. */
export function IntervalTicks(props: { axis: Axis }) {
  const { format } = useSetting();
  return (
    <svg class="interval-ticks" width="100%" height="16" aria-hidden="true">
      {props.axis.ticks.map((tick) => (
        <text key={tick} x={place(tick, props.axis)} y="12">
          {format.tick(tick)}
        </text>
      ))}
    </svg>
  );
}
