import type { ComponentProps } from 'react';
import type { ConnectionState, StatusTone } from '@fleetdeck/dto';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { connectionWords } from '../../messages/connection.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';

/** Props of {@link ConnectionStatus}. What is not named here goes to its `span`. */
export interface ConnectionStatusProps extends Omit<ComponentProps<'span'>, 'children'>, EnvironmentProps {
  state: ConnectionState;
  /** Since when it is in this state. */
  since?: TimeInput | null;
  /** When it tries again; shown as a wait while it lies ahead. */
  nextAttemptAt?: TimeInput | null;
  /** When the last message came: how old the data on the page is. */
  lastMessageAt?: TimeInput | null;
  /** Why it is so, one sentence. */
  reason?: string | null;
}

const TONE: Readonly<Record<ConnectionState, StatusTone>> = {
  connecting: 'progress',
  live: 'healthy',
  recovering: 'progress',
  polling: 'degraded',
  offline: 'critical',
  denied: 'unknown',
};

/**
 * Whether the page is live, in one line, and if not how old its data is: "Reconnecting, data from 14:02:11".
 *
 * @example
 * <ConnectionStatus state="recovering" lastMessageAt={lastMessageAt} nextAttemptAt={nextAttemptAt} />
 */
export function ConnectionStatus(props: ConnectionStatusProps) {
  const {
    state,
    since,
    nextAttemptAt,
    lastMessageAt,
    reason,
    className,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { clock } = environment;
  const messages = connectionWords(environment.messages);

  const mark = toMs(state === 'offline' ? since : lastMessageAt);
  const needsTime = mark !== null && (state === 'recovering' || state === 'polling' || state === 'offline');
  const time = useClockValue(
    needsTime ? clock : null,
    (at) => (mark === null ? null : formatTime(mark, { ...environment, now: at })),
    needsTime ? formatTime(mark, environment) : null,
  );
  const next = state === 'recovering' || state === 'offline' ? toMs(nextAttemptAt) : null;
  const wait = useClockValue(
    next === null ? null : clock,
    (at) =>
      next === null || next <= at
        ? null
        : formatAge(Math.ceil((next - at) / 1000) * 1000, environment.locale),
    null,
  );

  return (
    <span
      {...rest}
      className={classes('fd-connection', className)}
      data-state={state}
      data-tone={TONE[state]}
    >
      <Glyph shape={TONE[state]} />
      <span className="fd-connection-text">
        {messages.connection[state](time)}
        {wait !== null && <span className="fd-connection-aside">, {messages.nextTry(wait)}</span>}
        {reason && (
          <span className="fd-connection-aside">
            , <bdi>{reason}</bdi>
          </span>
        )}
      </span>
    </span>
  );
}
