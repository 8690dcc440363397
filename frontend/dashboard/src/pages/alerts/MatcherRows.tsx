import { useId, useRef } from 'react';
import { MATCHER_OPERATORS, MAX_MATCHERS, type MatcherOperator } from '@fleetdeck/dto';
import { focusOnce } from './focus-once.ts';
import { OPERATOR_WORDS, type DraftMatcher } from './silence-draft.ts';

interface MatcherRowsProps {
  matchers: readonly DraftMatcher[];
  /** Names of labels to offer; others can be written. */
  labels: readonly string[];
  onChange: (matchers: readonly DraftMatcher[]) => void;
}

/** The conditions of a silence: all of them have to hold. */
export function MatcherRows({ matchers, labels, onChange }: MatcherRowsProps) {
  const listId = useId();
  const rows = useRef<HTMLFieldSetElement>(null);
  const change = (id: number, part: Partial<DraftMatcher>): void =>
    onChange(matchers.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const add = (): void => {
    const id = Math.max(0, ...matchers.map((each) => each.id)) + 1;
    onChange([...matchers, { id, label: '', is: 'equals', value: '' }]);
  };
  // The row takes its focus along.
  const remove = (id: number): void => {
    rows.current?.focus();
    onChange(matchers.filter((each) => each.id !== id));
  };
  return (
    <fieldset ref={rows} tabIndex={-1} className="matchers">
      <legend>Alerts with all of these labels</legend>
      <datalist id={listId}>
        {labels.map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
      {matchers.map(({ id, label, is, value }, index) => (
        <div key={id} className="matcher" role="group" aria-label={`Condition ${index + 1}`}>
          <input
            aria-label="Label"
            list={listId}
            value={label}
            // Who opened the form, or added a condition, goes on here.
            ref={index === matchers.length - 1 ? focusOnce : undefined}
            onChange={({ target }) => change(id, { label: target.value })}
          />
          <select
            aria-label="Comparison"
            value={is}
            onChange={({ target }) => change(id, { is: target.value as MatcherOperator })}
          >
            {MATCHER_OPERATORS.map((operator) => (
              <option key={operator} value={operator}>
                {OPERATOR_WORDS[operator]}
              </option>
            ))}
          </select>
          <input
            aria-label="Value"
            value={value}
            onChange={({ target }) => change(id, { value: target.value })}
          />
          {matchers.length > 1 && (
            <button type="button" className="button-plain" onClick={() => remove(id)}>
              Remove<span className="unseen"> condition {index + 1}</span>
            </button>
          )}
        </div>
      ))}
      {matchers.length < MAX_MATCHERS && (
        <button type="button" className="link-button" onClick={add}>
          Add a condition
        </button>
      )}
    </fieldset>
  );
}
