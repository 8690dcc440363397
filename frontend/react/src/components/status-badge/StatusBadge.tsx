import { useState, type ComponentProps } from 'react';
import { resolveStatus } from '@fleetdeck/dto';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatAge, formatAgo, formatTime } from '../../format/formatTime.ts';
import { numberFormat } from '../../format/intl.ts';
import { statusWord } from '../../messages.ts';
import { classes } from '../classes.ts';
import { Glyph, shapeOf } from '../glyph/Glyph.tsx';
import { Tooltip } from '../tooltip/Tooltip.tsx';
import { useStaleText } from '../useStaleText.ts';
import { useRises } from './useRises.ts';

/** Props of {@link StatusBadge}. What is not named here goes to its `span`. */
export interface StatusBadgeProps extends Omit<ComponentProps<'span'>, 'children'>, EnvironmentProps {
  /** Any status word. One that nobody declared is drawn as unknown, never as healthy. */
  status: string | null | undefined;
  /** Shown instead of the word, as "Upgrading" for `in_progress`; screen readers still hear the word. */
  label?: string;
  /** Since when it is so. */
  since?: TimeInput | null;
  /** Shows how long it has been so, next to the word. Needs `since`. @default false */
  showDuration?: boolean;
  /** Shows since when and why it is so next to the word, and not only to screen readers. @default false */
  showDetails?: boolean;
  /** How often it changed lately: shown from 1 up, since what flaps is not as calm as it looks. */
  changes?: number | null;
  /** In which time it changed so often, in words: "1 h" reads as "5 changes in 1 h". */
  changesIn?: string;
  /** Why it is so, one sentence. */
  reason?: string | null;
  /** When the status was last confirmed. Goes with `staleAfterMs`. */
  asOf?: TimeInput | null;
  /** From this age on the status is not known any more, and is drawn so. */
  staleAfterMs?: number | null;
  /** It is not known any more whatever its age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /**
   * Says to screen readers when it becomes worse; many at once are one sentence. A text names what it is about, where
   * the label does not. @default false
   */
  announce?: boolean | string;
  /** Height of the shape: 12, 16 or 20 px. @default 'md' */
  size?: 'sm' | 'md' | 'lg';
  /** Only the shape; the words are its name, and a tooltip on hover and focus. @default false */
  compact?: boolean;
}

/**
 * A status as shape, word and ink: the worse, the more ink. It is silent unless `announce` is set.
 *
 * @example
 * <StatusBadge status="in_progress" label="Upgrading" since={stage.startedAt} />
 */
export function StatusBadge(props: StatusBadgeProps) {
  const {
    status,
    label,
    since,
    reason,
    asOf,
    staleAfterMs,
    stale: given,
    showDuration,
    showDetails,
    changes,
    changesIn = '',
    announce = false,
    size = 'md',
    compact,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { messages, clock } = environment;
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);

  const staleFor = useStaleText({ asOf, staleAfterMs, stale: given }, clock, (asOfMs, at) =>
    asOfMs === null ? '' : formatAgo(at - asOfMs, environment.locale),
  );
  const sinceMs = toMs(since);
  const writeSince = (at?: number): string =>
    sinceMs === null ? '' : formatTime(sinceMs, { ...environment, seconds: false, now: at });
  const sinceText = useClockValue(sinceMs === null ? null : clock, writeSince, writeSince());

  const lasted = useClockValue(
    showDuration && sinceMs !== null ? clock : null,
    (at) => (sinceMs === null ? '' : messages.lasting(formatAge(at - sinceMs, environment.locale))),
    '',
  );

  const stale = staleFor !== null;
  const word = statusWord(status, messages, environment.locale);
  const drawn = stale ? 'unknown' : status;
  const { family, tone } = resolveStatus(drawn);
  const known = label ?? word;
  const shown = stale ? statusWord('unknown', messages, environment.locale) : known;
  const flaps =
    changes && changes > 0
      ? messages.changed(numberFormat(environment.locale, {}).format(changes), changesIn, changes === 1)
      : '';
  const aside = stale ? messages.wasStatus(known, staleFor) : [lasted, flaps].filter(Boolean).join(', ');
  const subject = !stale && label !== undefined && label !== word;
  const details = [!stale && sinceText && messages.since(sinceText), reason].filter(Boolean).join(', ');
  const nameAs = (head: string): string => [head, aside, details].filter(Boolean).join(', ');
  const name = nameAs(subject ? messages.statusOf(word, shown) : shown);
  const spoken = typeof announce === 'string' ? nameAs(messages.statusOf(shown, announce)) : name;
  useRises(announce !== false, tone, spoken, environment);

  const box = {
    ...rest,
    className: classes('fd-badge', rest.className),
    'data-tone': tone,
    'data-family': family,
    'data-size': size,
    'data-stale': stale || undefined,
    'data-compact': compact || undefined,
  };
  const glyph = <Glyph shape={shapeOf(drawn)} />;

  if (!compact) {
    return (
      <span {...box}>
        {glyph}
        <span className="fd-badge-text">
          {subject && <span className="fd-hidden">{messages.statusOf(word, '')}</span>}
          <span className="fd-badge-word">{shown}</span>
          {aside && <span className="fd-badge-aside">, {aside}</span>}
          {details && <span className={showDetails ? 'fd-badge-why' : 'fd-hidden'}>, {details}</span>}
        </span>
      </span>
    );
  }
  return (
    <span
      tabIndex={0}
      role="img"
      aria-label={name}
      {...box}
      onPointerEnter={(event) => {
        setAnchor(event.currentTarget);
        rest.onPointerEnter?.(event);
      }}
      onPointerLeave={(event) => {
        setAnchor(null);
        rest.onPointerLeave?.(event);
      }}
      onFocus={(event) => {
        setAnchor(event.currentTarget);
        rest.onFocus?.(event);
      }}
      onBlur={(event) => {
        setAnchor(null);
        rest.onBlur?.(event);
      }}
    >
      {glyph}
      <span className="fd-hidden">{name}</span>
      {anchor && (
        <Tooltip anchor={anchor} onDismiss={() => setAnchor(null)}>
          {name}
        </Tooltip>
      )}
    </span>
  );
}
