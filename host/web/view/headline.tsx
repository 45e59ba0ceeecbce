/**
 * The figure itself: the rate of all offices, how sure it is, of how many it is, and how many of those
 * served it speaks for. What is not known is said, never shown as zero.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Summary } from '../../api/schema.js';
import { useSetting } from '../setting.js';
import { Changed } from './changed.js';
import { IntervalBar, intervalAxis } from './interval-bar.js';

/** A reader of screens hears the figure at most this often: a busy hour would never let it finish. */
const SPOKEN_MS_MIN = 10_000;

export function Headline(props: { summary: Summary; busy: boolean }) {
  const { word, format } = useSetting();
  const { total, period } = props.summary;
  const of = `${period.from} ${period.to}`;
  const { rate, wilson } = total;
  return (
    <section class="headline" id="figures" aria-labelledby="headline-title" aria-busy={props.busy}>
      <h2 id="headline-title">{word('page.rate')}</h2>
      {rate === null ? (
        <>
          <p class="figure figure-none">{word('page.rate.none')}</p>
          <p class="aside">{word('page.rate.none.hint')}</p>
        </>
      ) : (
        <p class="figure" data-figure="rate">
          <Changed value={format.rate(rate)} of={of}>
            {format.rate(rate)}
          </Changed>
        </p>
      )}
      {rate !== null && wilson !== null && (
        <div class="headline-interval">
          <IntervalBar rate={rate} interval={wilson} axis={intervalAxis([wilson])} ends />
          <p data-figure="interval">
            {word('page.rate.interval', { low: format.rate(wilson.low), high: format.rate(wilson.high) })}
          </p>
        </div>
      )}
      <dl class="facts">
        <div>
          <dt>{word('page.rated')}</dt>
          <dd data-figure="rated">
            <Changed value={total.rated} of={of}>
              {format.count(total.rated)}
            </Changed>
          </dd>
        </div>
        {rate !== null && (
          <div>
            <dt>{word('page.satisfied')}</dt>
            <dd>{format.count(total.satisfied)}</dd>
          </div>
        )}
        <Response summary={props.summary} />
      </dl>
      <Spoken summary={props.summary} />
    </section>
  );
}

function Response(props: { summary: Summary }) {
  const { word, format } = useSetting();
  const { served, rate } = props.summary.total.response;
  const known = served !== null && rate !== null;
  return (
    <div>
      <dt>{word('page.response')}</dt>
      <dd data-figure="response" class={known ? undefined : 'unknown'}>
        {known
          ? word('page.response.known', { rate: format.rate(rate), served: format.count(served) })
          : word('page.response.unknown')}
      </dd>
    </div>
  );
}

function Spoken(props: { summary: Summary }) {
  const { word, format } = useSetting();
  const { rate, rated } = props.summary.total;
  const sentence =
    rate === null
      ? word('page.rate.none.hint')
      : word('page.rate.spoken', { rate: format.rate(rate), count: format.count(rated) });
  const latest = useRef(sentence);
  latest.current = sentence;
  const [spoken, speak] = useState('');
  useEffect(() => {
    const timer = setInterval(() => speak(latest.current), SPOKEN_MS_MIN);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" aria-live="polite" aria-atomic="true" data-figure="spoken">
      {spoken}
    </p>
  );
}
