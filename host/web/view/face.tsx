/**
 * The five faces. Mood shows three times over, for eyes that miss one of them: in the colour (set by
 * style sheet), in the mouth, and in brows that slant only on the bad side or cheeks only on the best.
 */
import type { Mood } from '../level.js';

const MOUTH: Record<Mood, string> = {
  [-2]: 'M19 48c3-8 7.5-11 13-11s10 3 13 11',
  [-1]: 'M21 46c3-4 6.5-6 11-6s8 2 11 6',
  0: 'M21 43h22',
  1: 'M20 39c3 5 7 7.5 12 7.5s9-2.5 12-7.5',
  2: 'M17 37h30c-1 9-7 14.5-15 14.5S18 46 17 37z',
};

export function Face(props: { mood: Mood }) {
  const { mood } = props;
  return (
    <svg class="face" data-mood={mood} viewBox="0 0 64 64" aria-hidden="true">
      <circle class="face-skin" cx="32" cy="32" r="29" />
      {mood === 2 ? (
        <path
          class="face-line"
          d="M18 28c1-4 3-5.500 5-5.500s4 1.500 5 5.500M36 28c1-4 3-5.500 5-5.500s4 1.500 5 5.500"
        />
      ) : (
        <g class="face-dot">
          <ellipse cx="23" cy={mood < 0 ? 29 : 27} rx="3.200" ry="4" />
          <ellipse cx="41" cy={mood < 0 ? 29 : 27} rx="3.200" ry="4" />
        </g>
      )}
      {mood === -2 && <path class="face-line" d="M15 19l11 4M49 19l-11 4" />}
      {mood === -1 && <path class="face-line" d="M16 22c3-1.500 6-2 9-1.500M48 22c-3-1.500-6-2-9-1.500" />}
      <path class={mood === 2 ? 'face-grin' : 'face-line'} d={MOUTH[mood]} />
    </svg>
  );
}
