import type { ComponentProps } from 'react';
import type { Environment } from '../../environment.ts';
import { contextWords } from '../../messages/context.ts';
import { StatusBadge } from '../status-badge/StatusBadge.tsx';
import type { ContextOption, ContextRow } from './contextOptions.ts';

/** What a list of options is drawn from. */
export interface OptionListProps {
  rows: readonly ContextRow[];
  count: number;
  /** Index of the option that the keyboard is at; -1 for none. */
  highlighted: number;
  /** The option that is chosen now. */
  value: string | null;
  idPrefix: string;
  environment: Environment;
  /** The statuses are not known any more. */
  stale: boolean;
  getItemProps: (item: { item: ContextOption; index: number }) => ComponentProps<'div'>;
}

/** A heading of the list: read as the name of the options below it. */
export function HeadingRow({ text, id }: { text: string; id: string }) {
  return (
    <div role="presentation" id={id} className="fd-context-heading">
      {text}
    </div>
  );
}

/** One option: its words, its status, and a mark when it is the one that is chosen. */
export function OptionRow({
  row,
  list,
  describedBy,
}: {
  row: Extract<ContextRow, { kind: 'option' }>;
  list: OptionListProps;
  /** Id of the name of its section, where it stands in no group of that name. */
  describedBy?: string | undefined;
}) {
  const { option, index } = row;
  const { highlighted, value, count, environment, stale, getItemProps } = list;
  const { locale, messages } = environment;
  return (
    <div
      {...getItemProps({ item: option, index })}
      className="fd-context-option"
      aria-describedby={describedBy}
      aria-selected={option.id === value}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-highlighted={index === highlighted || undefined}
      data-selected={option.id === value || undefined}
    >
      <span className="fd-context-option-text">
        <span className="fd-context-option-label">{option.label}</span>{' '}
        {option.description !== undefined && (
          <span className="fd-context-option-note">{option.description}</span>
        )}
      </span>{' '}
      {option.unavailable && <span className="fd-context-aside">{contextWords(messages).missing}</span>}
      {option.status !== undefined && !option.unavailable && (
        <StatusBadge status={option.status} size="sm" {...{ locale, messages, stale }} />
      )}
    </div>
  );
}
