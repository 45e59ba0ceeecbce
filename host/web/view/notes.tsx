/** What a careful reader must know to trust the figure: what is in it, what is not, and how it is printed. */
import type { Summary, Terminal } from '../../api/schema.js';
import { levelName, scalesOf } from '../level.js';
import { useSetting } from '../setting.js';
import type { WordKey } from '../words.js';

export function Notes(props: { summary: Summary; apart: readonly Terminal[] }) {
  const { word, format } = useSetting();
  const { total, unassigned } = props.summary;
  const satisfied = scalesOf(total).map(({ scale, levels }) =>
    word('page.notes.satisfied.scale', {
      scale: format.count(scale),
      levels: levels
        .filter((level) => level.satisfied)
        .map(({ mood }) => word(levelName(mood)))
        .join(', '),
    }),
  );
  const counts: [WordKey, WordKey, number][] = [
    ['page.notes.suppressed', 'page.notes.suppressed.why', total.suppressed],
    ['page.notes.missing', 'page.notes.missing.why', total.missing],
    ['page.notes.bounded', 'page.notes.bounded.why', total.bounded],
  ];
  // Only an error of the registry makes these: there is nothing to explain when there are none.
  if (unassigned > 0) counts.push(['page.notes.unassigned', 'page.notes.unassigned.why', unassigned]);
  return (
    <section class="notes" aria-labelledby="notes-title">
      <h2 id="notes-title">{word('page.notes')}</h2>
      <dl>
        <div>
          <dt>{word('page.notes.satisfied')}</dt>
          <dd>{satisfied.length === 0 ? word('page.notes.satisfied.unknown') : satisfied.join('; ')}</dd>
        </div>
        {counts.map(([name, why, count]) => (
          <div key={name}>
            <dt>{word(name)}</dt>
            <dd>
              <strong>{format.count(count)}</strong>
              <span class="aside">{word(why)}</span>
            </dd>
          </div>
        ))}
        {props.apart.map((terminal) => (
          <Difference key={terminal.terminal} terminal={terminal} />
        ))}
        <div>
          <dt>{word('page.notes.rounding')}</dt>
          <dd>{word('page.notes.rounding.rule')}</dd>
        </div>
      </dl>
    </section>
  );
}

/** A terminal that has counted otherwise than the host: neither side is corrected, both are shown. */
function Difference(props: { terminal: Terminal }) {
  const { word, format } = useSetting();
  const { terminal, office, counter, difference } = props.terminal;
  const counts = (difference ?? []).flatMap((more, i) => {
    const count = `${more > 0 ? '+' : ''}${format.count(more)}`;
    if (more === 0) return [];
    const name = i < 5 ? 'page.notes.difference.level' : 'page.notes.difference.suppressed';
    return [word(name, { level: format.count(i + 1), count })];
  });
  const place = office === null ? '' : `${office.name}, ${counter?.name ?? ''}: `;
  return (
    <div data-difference={terminal}>
      <dt>{word('page.notes.difference', { terminal })}</dt>
      <dd>
        <strong>{`${place}${counts.join('; ')}`}</strong>
        <span class="aside">{word('page.notes.difference.why')}</span>
      </dd>
    </div>
  );
}
