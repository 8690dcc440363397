import type { ComponentProps } from 'react';
import type { HealthIncident } from '@fleetdeck/dto';
import { useClockValue } from '../../clock.ts';
import { useEnvironment, type Environment, type EnvironmentProps } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { statusWord } from '../../messages.ts';
import { healthWords } from '../../messages/health.ts';
import { metricWords } from '../../messages/metric.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';

/** Props of {@link IncidentList}. What is not named here goes to its `div`; what names it, to the `ul` in that. */
export interface IncidentListProps extends Omit<ComponentProps<'div'>, 'children'>, EnvironmentProps {
  /** Newest first; none while they are loading. */
  incidents: readonly HealthIncident[] | null | undefined;
  /** What is shown is the last known. @default false */
  stale?: boolean;
  /** Why they could not be read, one sentence. */
  error?: string | null;
}

/**
 * What happened, when it began, how long it took and why. An incident that lasts counts on by itself.
 *
 * @example
 * const { history } = useHealthHistory('postgres');
 * <IncidentList incidents={history?.incidents ?? []} aria-label="Incidents of postgres" />
 */
export function IncidentList({
  incidents,
  stale = false,
  error,
  'aria-label': label,
  'aria-labelledby': labelledBy,
  className,
  locale,
  timeZone,
  hourCycle,
  messages,
  now,
  ...rest
}: IncidentListProps) {
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages, now });
  const { loading, lastKnown } = metricWords(environment.messages);
  const { noIncidents } = healthWords(environment.messages);
  const note = error ?? (stale && incidents ? lastKnown : null);
  const state = incidents ? (incidents.length > 0 ? 'ready' : 'empty') : error ? 'error' : 'loading';
  const instead = state === 'loading' ? loading : state === 'empty' ? noIncidents : null;
  return (
    <div
      {...rest}
      className={classes('fd-incidents', className)}
      data-state={state}
      data-stale={stale || undefined}
    >
      {note !== null && <p className="fd-incidents-note">{note}</p>}
      {instead !== null && <p className="fd-incidents-note">{instead}</p>}
      {incidents && state === 'ready' && (
        <ul className="fd-incidents-list" aria-label={label} aria-labelledby={labelledBy}>
          {incidents.map((incident) => (
            <Incident key={incident.begin} {...{ incident, environment, stale }} />
          ))}
        </ul>
      )}
    </div>
  );
}

interface IncidentProps {
  incident: HealthIncident;
  environment: Environment;
  stale: boolean;
}

function Incident({ incident, environment, stale }: IncidentProps) {
  const { worst, reason, begin, end, durationMs } = incident;
  const { messages, locale, clock } = environment;
  const { incidentOpen, incidentOver } = healthWords(messages);
  const beganAt = Date.parse(begin);
  const open = end === null;
  const age = useClockValue(
    // Whether it still lasts nobody knows while it is stale.
    open && !stale ? clock : null,
    (at) => formatAge(open ? Math.max(at - beganAt, 0) : durationMs, locale),
    formatAge(durationMs, locale),
  );
  const time = useClockValue(
    clock,
    (at) => formatTime(beganAt, { ...environment, seconds: false, now: at }),
    formatTime(beganAt, { ...environment, seconds: false }),
  );
  return (
    <li className="fd-incident" data-tone={worst} data-open={open || undefined}>
      <Glyph shape={worst} />
      <span className="fd-incident-word">{statusWord(worst, messages, locale)}</span>
      <span className="fd-incident-time">
        {(open ? incidentOpen : incidentOver)(isolate(time, locale), isolate(age, locale))}
      </span>
      {reason !== null && <span className="fd-incident-reason">{reason}</span>}
    </li>
  );
}
