/** A value that is quietly marked for a moment when it changes, by being drawn anew with a fading ground. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

/** `of` tells one question from another: a new answer to a new question is not a change. */
export function Changed(props: { value: unknown; of?: unknown; children: ComponentChildren }) {
  const last = useRef({ value: props.value, of: props.of, times: 0 });
  if (last.current.of !== props.of) {
    last.current = { value: props.value, of: props.of, times: 0 };
  } else if (last.current.value !== props.value) {
    last.current = { value: props.value, of: props.of, times: last.current.times + 1 };
  }
  const { times } = last.current;
  return (
    <span key={times} class={times > 0 ? 'changed' : undefined}>
      {props.children}
    </span>
  );
}
