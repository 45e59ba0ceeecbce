/** One of a few, all of them in sight: native radio buttons drawn as one strip, arrow keys included. */
export function Choice<T extends string>(props: {
  name: string;
  label: string;
  options: readonly { readonly value: T; readonly label: string; readonly lang?: string }[];
  value: T;
  choose: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{props.label}</legend>
      {props.options.map(({ value, label, lang }) => (
        <label key={value} lang={lang}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={value === props.value}
            onChange={() => props.choose(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
