import type { Messages } from '../../messages.ts';
import { numberFormat } from '../../format/intl.ts';
import type { Trend } from './trend.ts';

/** Props of {@link TrendLine}. */
export interface TrendLineProps {
  trend: Trend;
  period: string;
  messages: Messages;
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
  const words = change.kind === 'fromZero' ? [messages.fromZero, told] : [told];
  return (
    <p className="fd-metric-trend" data-direction={direction} data-verdict={verdict}>
      <svg className="fd-metric-arrow" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
        <path d={direction === 'up' ? 'M5 0.5L10 9.5H0z' : 'M5 9.5L0 0.5h10z'} fill="currentColor" />
      </svg>
      <span className="fd-hidden">{direction === 'up' ? messages.trendUp : messages.trendDown} </span>
      {change.kind !== 'fromZero' && (
        <>
          <span className="fd-metric-change">
            {change.kind === 'times'
              ? messages.times(numberFormat(locale, { maximumFractionDigits: 0 }).format(change.amount))
              : numberFormat(locale, {
                  style: 'percent',
                  maximumFractionDigits: change.amount < 0.1 ? 1 : 0,
                }).format(change.amount)}
          </span>{' '}
        </>
      )}
      {words.filter((word) => word !== '').join(', ')}
    </p>
  );
}
