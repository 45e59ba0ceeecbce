/**
 * One virtual terminal, drawn as the thing itself: the firmware's screen, its lamps, its buttons. It
 * shows what the firmware says and sends presses to it; whether a press counts is for the firmware to
 * decide, so no button is ever disabled here.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VirtualTerminal } from '../../api/schema.js';
import type { Outcome } from '../client.js';
import { levelName, moodsOf } from '../level.js';
import { useSetting } from '../setting.js';
import { Face } from './face.js';

const LIGHT_THANKS = 8;
const LIGHT_ONLINE = 9;
const LIGHT_FAULT = 10;
/** How long a key's button looks pressed. */
const SHOWN_MS = 160;

export function TerminalCard(props: {
  terminal: VirtualTerminal;
  /** The link is lost: what is shown is what was last heard. */
  stale: boolean;
  press: (button: number) => Promise<Outcome<null>>;
}) {
  const { word, format } = useSetting();
  const { terminal } = props;
  const [failed, setFailed] = useState(false);
  const [pressed, setPressed] = useState<number | null>(null);
  const card = useRef<HTMLElement>(null);
  const moods = moodsOf(terminal.levels);

  const press = async (button: number) => {
    setPressed(button);
    setTimeout(() => setPressed(null), SHOWN_MS);
    const outcome = await props.press(button);
    setFailed(outcome.kind !== 'answered');
  };
  useDigitKeys(card, terminal.levels, press);

  const lit = (bit: number) => ((terminal.lights >>> bit) & 1) === 1;
  return (
    <section class="terminal" data-stale={props.stale} aria-labelledby="terminal-title" ref={card}>
      <h2 id="terminal-title">{word('page.terminal')}</h2>
      <p class="terminal-where">
        {word('page.terminal.where', { office: terminal.office.name, counter: terminal.counter })}
      </p>
      <div class="device">
        <div class="screen" role="status" aria-label={word('page.terminal.screen')} lang="vi">
          {terminal.lines.map((line, row) => (
            <p key={row}>{line}</p>
          ))}
        </div>
        <p class="lamps">
          {lit(LIGHT_FAULT) && <Lamp name={word('page.terminal.fault')} on kind="fault" />}
          <Lamp name={word('page.terminal.thanks')} on={lit(LIGHT_THANKS)} kind="thanks" />
          <Lamp name={word('page.terminal.online')} on={lit(LIGHT_ONLINE)} kind="online" />
        </p>
        <fieldset class="faces">
          <legend class="unseen">{word('page.terminal.faces')}</legend>
          {moods.map((mood, button) => {
            const label = word(levelName(mood));
            const key = format.count(button + 1);
            return (
              <button
                key={mood}
                type="button"
                data-mood={mood}
                data-button={button}
                data-lit={lit(button)}
                data-pressed={pressed === button}
                aria-label={word('page.terminal.face', { label, key })}
                onClick={() => void press(button)}
              >
                <Face mood={mood} />
                <span class="face-name">{label}</span>
                <kbd>{key}</kbd>
              </button>
            );
          })}
        </fieldset>
      </div>
      <p class="aside">{word('page.terminal.hint', { levels: format.count(terminal.levels) })}</p>
      {failed && (
        <p class="alarm" role="alert">
          {word('page.terminal.failed')}
        </p>
      )}
    </section>
  );
}

function Lamp(props: { name: string; on: boolean; kind: string }) {
  const { word } = useSetting();
  return (
    <span class="lamp" data-kind={props.kind} data-lit={props.on}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <circle cx="6" cy="6" r="4.500" />
      </svg>
      <span aria-hidden="true">{props.name}</span>
      <span class="unseen">
        {word(props.on ? 'page.terminal.lamp.on' : 'page.terminal.lamp.off', { lamp: props.name })}
      </span>
    </span>
  );
}

/**
 * Digits press faces while the focus is in the card or nowhere. Elsewhere a digit may be meant for
 * something else, and a rating must never be made by accident.
 */
function useDigitKeys(
  card: { readonly current: HTMLElement | null },
  levels: number,
  press: (button: number) => void,
): void {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      const focus = document.activeElement;
      const free = focus === null || focus === document.body || card.current?.contains(focus);
      const button = '12345'.indexOf(event.key);
      if (free && event.key.length === 1 && button >= 0 && button < levels) latest.current(button);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [card, levels]);
}
