/** Whether the figures are live; when they are not, since when, in words nobody can overlook. */
import type { Link } from '../feed.js';
import { useSetting } from '../setting.js';

export function LinkBadge(props: { link: Link }) {
  const { word } = useSetting();
  return (
    <span class="link" data-link={props.link.kind}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        {props.link.kind === 'lost' ? <path d="M2 2l8 8M10 2l-8 8" /> : <circle cx="6" cy="6" r="4.500" />}
      </svg>
      {word(`page.link.${props.link.kind}`)}
    </span>
  );
}

export function LinkNotice(props: { link: Link; figures: boolean }) {
  const { word, format } = useSetting();
  return (
    <div role="status">
      {props.link.kind === 'lost' && (
        <p class="notice">
          {word('page.link.lost.since', { time: format.clockExact(props.link.sinceMs) })}
          {props.figures && ` ${word('page.link.lost.old')}`}
        </p>
      )}
    </div>
  );
}
