/**
 * The page: which parts there are, in which order, and what stands in their place while figures load
 * or when they cannot be had. It keeps nothing but the language; the rest is the feed's.
 */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Problem, Summary } from '../api/schema.js';
import type { Feed, FeedState, PeriodName } from './feed.js';
import { PERIODS } from './feed.js';
import { SettingProvider, useNewSetting, useSetting } from './setting.js';
import { Choice } from './view/choice.js';
import { Headline } from './view/headline.js';
import { Hours } from './view/hours.js';
import { Levels } from './view/levels.js';
import { LinkBadge, LinkNotice } from './view/link-badge.js';
import { Notes } from './view/notes.js';
import { Offices } from './view/offices.js';
import { TerminalCard } from './view/terminal-card.js';
import { LANGUAGES, type Language } from './words.js';

export type AppParts = {
  /** Makes the feed, which calls back on every change. */
  readonly feed: (changed: (state: FeedState) => void) => Feed;
  readonly now: () => number;
  /** The zone shown until the host has told its own. */
  readonly zone: string;
  readonly language: Language;
  readonly keepLanguage: (language: Language) => void;
  readonly keepPeriod: (period: PeriodName) => void;
};

export function App(props: AppParts) {
  const [language, setLanguage] = useState(props.language);
  const [, repaint] = useState<FeedState | null>(null);
  const feed = useMemo(() => props.feed(repaint), [props.feed]);
  const { state } = feed;
  const summary = state.summary.kind === 'ready' ? state.summary.value : null;
  const setting = useNewSetting(language, summary?.period.zone ?? props.zone);

  useEffect(() => feed.start(), [feed]);
  useEffect(() => {
    const shown = () => {
      if (document.visibilityState === 'visible') feed.shown();
    };
    document.addEventListener('visibilitychange', shown);
    return () => document.removeEventListener('visibilitychange', shown);
  }, [feed]);
  const rate = summary?.total.rate ?? null;
  useEffect(() => {
    document.documentElement.lang = language;
    const title = summary?.title ?? setting.word('page.name');
    document.title =
      rate === null ? title : setting.word('page.document', { rate: setting.format.rate(rate), title });
  }, [language, setting, summary?.title, rate]);

  return (
    <SettingProvider value={setting}>
      <a class="skip" href="#main">
        {setting.word('page.skip')}
      </a>
      <Top
        state={state}
        title={summary?.title ?? null}
        language={language}
        chooseLanguage={(next) => {
          setLanguage(next);
          props.keepLanguage(next);
        }}
      />
      <main id="main" tabIndex={-1}>
        <LinkNotice link={state.link} figures={summary !== null} />
        <PeriodBar
          state={state}
          choose={(period) => {
            props.keepPeriod(period);
            feed.choosePeriod(period);
          }}
        />
        <div class={state.virtual === null ? 'parts' : 'parts with-terminal'}>
          {state.summary.kind === 'loading' && <Loading />}
          {state.summary.kind === 'failed' && (
            <Failed problem={state.summary.problem} retry={() => feed.retry()} />
          )}
          {summary !== null && (
            <Figures summary={summary} busy={state.summary.kind === 'ready' && state.summary.busy} />
          )}
          {state.virtual !== null && (
            <TerminalCard
              terminal={state.virtual}
              stale={state.link.kind === 'lost'}
              press={(button) => feed.press(button)}
            />
          )}
          {summary !== null && (
            <>
              <Hours
                hours={state.hours}
                span={state.span}
                choose={(span) => feed.chooseSpan(span)}
                now={props.now}
              />
              <Offices summary={summary} nowMs={props.now()} />
              <Notes summary={summary} apart={state.apart} />
            </>
          )}
        </div>
      </main>
    </SettingProvider>
  );
}

function Top(props: {
  state: FeedState;
  title: string | null;
  language: Language;
  chooseLanguage: (language: Language) => void;
}) {
  const { word } = useSetting();
  return (
    <header class="top">
      <img src="/favicon.svg" alt="" width="36" height="36" />
      <div class="top-names">
        <p class="top-name">{word('page.name')}</p>
        {props.title !== null && <h1>{props.title}</h1>}
      </div>
      <LinkBadge link={props.state.link} />
      <Choice
        name="language"
        label={word('page.language')}
        value={props.language}
        choose={props.chooseLanguage}
        options={LANGUAGES.map((value) => ({ value, label: word(`page.language.${value}`), lang: value }))}
      />
    </header>
  );
}

function PeriodBar(props: { state: FeedState; choose: (period: PeriodName) => void }) {
  const { word, format } = useSetting();
  const { summary, period } = props.state;
  const days = summary.kind === 'ready' ? summary.value.period : null;
  return (
    <div class="period">
      <Choice
        name="period"
        label={word('page.period')}
        value={period}
        choose={props.choose}
        options={(Object.keys(PERIODS) as PeriodName[]).map((value) => ({
          value,
          label: word(`page.period.${value}`),
        }))}
      />
      {days !== null && (
        <p class="aside">
          {days.from === days.to
            ? word('page.period.day', { day: format.date(days.from) })
            : word('page.period.range', { from: format.date(days.from), to: format.date(days.to) })}
          {`, ${word('page.period.zone', { zone: days.zone })}`}
        </p>
      )}
    </div>
  );
}

function Figures(props: { summary: Summary; busy: boolean }) {
  const { period, total } = props.summary;
  return (
    <div class="figures">
      <Headline summary={props.summary} busy={props.busy} />
      <Levels figures={total} of={`${period.from} ${period.to}`} />
    </div>
  );
}

function Loading() {
  const { word } = useSetting();
  return (
    <div class="figures state" role="status">
      <p>{word('page.loading')}</p>
    </div>
  );
}

function Failed(props: { problem: Problem | null; retry: () => void }) {
  const { word } = useSetting();
  return (
    <div class="figures state" role="alert">
      <h2>{word('page.failed')}</h2>
      <p>{props.problem?.message ?? word('page.failed.unreachable')}</p>
      <button type="button" class="plain" onClick={props.retry}>
        {word('page.retry')}
      </button>
    </div>
  );
}
