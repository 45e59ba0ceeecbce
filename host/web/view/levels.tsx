/** How the ratings spread over the levels, best first; one block for each scale in use. */
import type { Figures } from '../../api/schema.js';
import { levelName, type Scale, scalesOf } from '../level.js';
import { useSetting } from '../setting.js';
import { Changed } from './changed.js';
import { Face } from './face.js';

export function Levels(props: { figures: Figures; of: string }) {
  const { word } = useSetting();
  const scales = scalesOf(props.figures);
  if (scales.length === 0) return null;
  return (
    <section class="levels" aria-labelledby="levels-title">
      <h2 id="levels-title">{word('page.levels')}</h2>
      {scales.map((scale) => (
        <ScaleBars key={scale.scale} scale={scale} titled={scales.length > 1} of={props.of} />
      ))}
    </section>
  );
}

function ScaleBars(props: { scale: Scale; titled: boolean; of: string }) {
  const { word, format } = useSetting();
  const { scale, rated, levels } = props.scale;
  const most = Math.max(1, ...levels.map(({ count }) => count));
  return (
    <>
      {props.titled && <h3>{word('page.levels.scale', { scale: format.count(scale) })}</h3>}
      <ul>
        {levels.toReversed().map(({ mood, count }) => (
          <li key={mood} data-mood={mood}>
            <Face mood={mood} />
            <span class="level-name">{word(levelName(mood))}</span>
            <svg class="level-bar" width="100%" height="10" aria-hidden="true">
              <rect class="level-all" width="100%" height="10" rx="2" />
              <rect class="level-part" width={`${(count / most) * 100}%`} height="10" rx="2" />
            </svg>
            <span class="level-count">
              <Changed value={count} of={props.of}>
                {format.count(count)}
              </Changed>
            </span>
            <span class="level-share">{rated === 0 ? '–' : format.rate(count / rated)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
