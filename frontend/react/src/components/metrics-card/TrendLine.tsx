import type { ReactNode } from 'react';
import type { MetricMessages } from '../../messages/metric.ts';
import { numberFormat } from '../../format/intl.ts';
import type { Trend } from './trend.ts';

/** Props of {@link TrendLine}. */
export interface TrendLineProps {
  trend: Trend;
  period: string;
  messages: MetricMessages;
  locale: string;
}

/** A change as arrow, amount and words, so that neither colour nor arrow has to be seen. */
export function TrendLine({
  trend: { direction, verdict, change },
  period,
  messages,
  locale,
}: TrendLineProps) {
  if (change.kind === 'none') {
    return (
      <p className="fd-metric-trend" data-direction={direction} data-verdict={verdict}>
        {messages.noChange(period)}
      </p>
    );
  }
  const told = messages.trendVerdict[verdict](period);
  const zero = change.kind === 'fromZero' ? messages.fromZero : '';
  return (
    <p className="fd-metric-trend" data-direction={direction} data-verdict={verdict}>
      <svg className="fd-metric-arrow" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
        <path d={direction === 'up' ? 'M5 0.5L10 9.5H0z' : 'M5 9.5L0 0.5h10z'} fill="currentColor" />
      </svg>
      <span className="fd-hidden">{direction === 'up' ? messages.trendUp : messages.trendDown} </span>
      {change.kind === 'fromZero' ? zero : <span className="fd-metric-change">{amount(change)}</span>}
      {told !== '' && (zero === '' ? ` ${told}` : `, ${told}`)}
    </p>
  );

  function amount({ kind, amount: size }: { kind: 'percent' | 'times'; amount: number }): ReactNode {
    if (kind === 'percent') {
      const digits = size < 0.1 ? 1 : 0;
      const options = { style: 'percent', maximumFractionDigits: digits, signDisplay: 'always' } as const;
      const parts = numberFormat(locale, options).formatToParts(direction === 'up' ? size : -size);
      // The word before it says the sign to screen readers, some of which leave a minus out.
      return parts.map(({ type, value }) =>
        type === 'plusSign' || type === 'minusSign' ? (
          <span key={type} aria-hidden="true">
            {value}
          </span>
        ) : (
          value
        ),
      );
    }
    const long = size >= 10_000 && ({ notation: 'compact' } as const);
    return messages.times(numberFormat(locale, { maximumFractionDigits: 0, ...long }).format(size));
  }
}
