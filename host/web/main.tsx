/**
 * Wiring: the browser's fetch, event source, clock, storage and address given to the page. Nothing is
 * decided here but which language and period to begin with: the address first, then what was kept.
 */
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/page.css';
import { App } from './app.js';
import { createClient } from './client.js';
import { Feed, type FeedState, PERIODS, type PeriodName } from './feed.js';
import { isLanguage, type Language } from './words.js';

const KEPT_LANGUAGE = 'hailong.language';
const ZONE_DEFAULT = 'Asia/Ho_Chi_Minh';

const clock = () => Date.now();
const client = createClient((path, options) => {
  const headers = new Headers(options.headers);
  // The host says what is wrong in the language of the page, not of the browser.
  headers.set('accept-language', document.documentElement.lang);
  return fetch(path, { ...options, headers });
}, clock);
const address = new URL(location.href);

/** Storage may be forbidden; a language that is not remembered is no reason to show nothing. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEPT_LANGUAGE);
  } catch {
    return null;
  }
}

function keepInAddress(name: string, value: string): void {
  address.searchParams.set(name, value);
  history.replaceState(null, '', address);
}

function keepLanguage(language: Language): void {
  if (address.searchParams.has('lang')) keepInAddress('lang', language);
  try {
    localStorage.setItem(KEPT_LANGUAGE, language);
  } catch {
    // As above.
  }
}

const asked = address.searchParams.get('lang');
const remembered = kept();
const language = isLanguage(asked) ? asked : isLanguage(remembered) ? remembered : 'vi';
const period = address.searchParams.get('period');

const feed = (changed: (state: FeedState) => void) =>
  new Feed(
    {
      client,
      clock,
      openSource: (path) => new EventSource(path),
      timers: {
        start: (run, delayMs) => window.setTimeout(run, delayMs),
        stop: (timer) => window.clearTimeout(timer),
      },
      visible: () => document.visibilityState === 'visible',
    },
    period !== null && Object.hasOwn(PERIODS, period) ? (period as PeriodName) : 'fortnight',
    changed,
  );

render(
  <App
    feed={feed}
    now={client.now}
    zone={ZONE_DEFAULT}
    language={language}
    keepLanguage={keepLanguage}
    keepPeriod={(chosen) => keepInAddress('period', chosen)}
  />,
  document.getElementById('page')!,
);
