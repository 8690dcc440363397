import { useState, type ComponentProps, type KeyboardEvent, type PointerEvent } from 'react';
import type { HealthBucket, HealthUptime } from '@fleetdeck/dto';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatAge } from '../../format/formatTime.ts';
import { formatUptime } from '../../format/formatUptime.ts';
import { healthWords } from '../../messages/health.ts';
import { metricWords } from '../../messages/metric.ts';
import { classes } from '../classes.ts';
import { Tooltip } from '../tooltip/Tooltip.tsx';
import { bucketText } from './bucketText.ts';

/** Props of {@link HealthStrip}. What is not named here goes to its `div`. */
export interface HealthStripProps extends Omit<ComponentProps<'div'>, 'children'>, EnvironmentProps {
  /** Whose past it is. */
  subject: string;
  /** Pieces of equal length, oldest first; none while it is loading. */
  buckets: readonly HealthBucket[] | null | undefined;
  /** When the first piece begins. */
  from: TimeInput | null | undefined;
  /** Length of a piece in ms. */
  bucketMs: number;
  /** When it was read: the last piece reaches up to here. */
  asOf?: TimeInput | null;
  /** How the time was spent; told to screen readers, and shown beside the strip with `showUptime`. */
  uptime?: HealthUptime | null;
  /** @default false */
  showUptime?: boolean;
  /** What is shown is the last known. @default false */
  stale?: boolean;
  /** Why there is nothing to show, one sentence. */
  error?: string | null;
}

/** How far Page Up and Page Down go. */
const PAGE = 6;

/**
 * The past of a component at a glance: a bar for each piece of time, the worse, the taller; what is not known is
 * hatched. It is one stop for the keyboard, where the arrows go from piece to piece and the words of each are read.
 *
 * @example
 * const { timeline } = useHealthTimeline();
 * <HealthStrip subject="postgres" {...timeline?.components['postgres']} from={timeline?.from} bucketMs={timeline?.bucketMs ?? 0} />
 */
export function HealthStrip({
  subject,
  buckets,
  from,
  bucketMs,
  asOf,
  uptime,
  showUptime = false,
  stale = false,
  error,
  className,
  locale,
  timeZone,
  hourCycle,
  messages: over,
  now,
  ...rest
}: HealthStripProps) {
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const messages = healthWords(environment.messages);
  const { loading, noData, lastKnown } = metricWords(environment.messages);
  const [chosen, setChosen] = useState<number | null>(null);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);

  const begin = toMs(from);
  const count = buckets?.length ?? 0;
  const problem = error ?? null;
  if (!buckets || begin === null || count === 0) {
    const waiting = !buckets || begin === null;
    const state = problem !== null ? 'error' : waiting ? 'loading' : 'empty';
    const words = problem ?? (waiting ? loading : noData);
    return (
      <div {...rest} className={classes('fd-strip', className)} data-state={state}>
        <div className="fd-strip-bars" aria-hidden="true" />
        <span className={state === 'loading' ? 'fd-hidden' : 'fd-strip-note'}>{words}</span>
      </div>
    );
  }

  const at = Math.min(chosen ?? count - 1, count - 1);
  const textOf = (index: number): string => {
    const start = begin + index * bucketMs;
    const read = toMs(asOf);
    const end = Math.max(start, Math.min(start + bucketMs, read ?? Infinity));
    return bucketText(buckets[index] as HealthBucket, { from: start, to: end, now: read }, environment);
  };
  const uptimeText = uptime ? uptimeWords(uptime) : '';
  const name = [
    messages.stripName(subject, formatAge(count * bucketMs, environment.locale)),
    uptimeText,
    stale ? lastKnown : '',
  ]
    .filter(Boolean)
    .join(', ');

  function uptimeWords({ percent, unknownMs }: HealthUptime): string {
    const known =
      percent === null ? messages.uptimeUnknown : messages.uptime(formatUptime(percent, environment.locale));
    const missing =
      unknownMs < 60_000 || percent === null
        ? ''
        : messages.unknownFor(formatAge(unknownMs, environment.locale));
    return [known, missing].filter(Boolean).join(', ');
  }

  function show(index: number, bars: Element): void {
    setChosen(index);
    setAnchor((bars.children[index] as HTMLElement | undefined) ?? null);
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const right = getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1;
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowRight: right, ArrowLeft: -right, ArrowUp: 1, ArrowDown: -1 },
      ...{ PageUp: PAGE, PageDown: -PAGE, Home: -count, End: count },
    };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(Math.max(0, Math.min(count - 1, at + step)), event.currentTarget);
  }

  function onPointerMove(event: PointerEvent<HTMLDivElement>): void {
    const bars = event.currentTarget;
    const index = [...bars.children].indexOf(event.target as Element);
    if (index >= 0 && (index !== at || anchor === null)) show(index, bars);
  }

  return (
    <div {...rest} className={classes('fd-strip', className)} data-stale={stale || undefined}>
      <div
        className="fd-strip-bars"
        role="slider"
        tabIndex={0}
        aria-readonly="true"
        aria-label={name}
        aria-valuemin={1}
        aria-valuemax={count}
        aria-valuenow={at + 1}
        aria-valuetext={textOf(at)}
        onKeyDown={onKeyDown}
        onFocus={(event) => show(at, event.currentTarget)}
        onBlur={() => setAnchor(null)}
        onPointerMove={onPointerMove}
        onPointerLeave={(event) => {
          if (document.activeElement !== event.currentTarget) setAnchor(null);
        }}
      >
        {buckets.map(({ status, unknownMs }, index) => (
          <span
            key={begin + index * bucketMs}
            className="fd-strip-bar"
            data-status={status}
            data-partial={(status !== 'unknown' && unknownMs > bucketMs / 2) || undefined}
            data-chosen={(anchor !== null && index === at) || undefined}
          />
        ))}
      </div>
      {showUptime && uptimeText !== '' && (
        // The name of the bars says the same.
        <span className="fd-strip-uptime" aria-hidden="true">
          {uptimeText}
        </span>
      )}
      {problem !== null && <span className="fd-strip-note">{problem}</span>}
      {anchor && (
        <Tooltip anchor={anchor} onDismiss={() => setAnchor(null)}>
          {textOf(at)}
        </Tooltip>
      )}
    </div>
  );
}
