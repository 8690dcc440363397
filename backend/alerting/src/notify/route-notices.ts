import { matchesLabels, type AlertLabels, type AlertNotice, type SilenceMatcher } from '@fleetdeck/dto';

/** Where incidents with some labels are told. */
export interface AlertRoute {
  /** All of them have to match; `rule` and `severity` are labels too. @default all incidents */
  matchers?: readonly SilenceMatcher[];
  /** Names of the sinks that are told; none for what is only on record and on the page. */
  sinks: readonly string[];
}

/** One notice as some sinks get it. */
export interface RoutedNotice {
  notice: AlertNotice;
  sinks: string[];
}

/** What decides where notices go. */
export interface Routing {
  /** The first that matches decides; what none matches goes to all sinks. */
  routes: readonly AlertRoute[];
  sinks: readonly string[];
  /** Makes ids of notices that only some of the incidents go along with. */
  newId: () => string;
}

/**
 * Parts a notice by the sinks to which its incidents go. An end goes where its begin did, whatever the routes say by then.
 * @param knows whether a sink was told of an incident, or will be
 */
export function routeNotice(
  notice: AlertNotice,
  { routes, sinks, newId }: Routing,
  knows: (sink: string, incidentId: string) => boolean,
): RoutedNotice[] {
  const parts = new Map<string, RoutedNotice>();
  const routed = notice.incidents.map(({ labels }) => sinksFor(labels, routes, sinks));
  for (const sink of sinks) {
    const incidents = notice.incidents.filter(({ incidentId }, place) => {
      return notice.kind === 'resolved' ? knows(sink, incidentId) : routed[place]?.includes(sink);
    });
    if (incidents.length === 0) continue;
    const key = incidents.map(({ incidentId }) => incidentId).join(' ');
    const part = parts.get(key);
    if (part) part.sinks.push(sink);
    else parts.set(key, { notice: withOnly(notice, incidents, newId), sinks: [sink] });
  }
  return [...parts.values()];
}

function sinksFor(
  labels: AlertLabels,
  routes: readonly AlertRoute[],
  all: readonly string[],
): readonly string[] {
  const matches = ({ matchers = [] }: AlertRoute): boolean =>
    matchers.length === 0 || matchesLabels(matchers, labels);
  return routes.find(matches)?.sinks ?? all;
}

function withOnly(
  notice: AlertNotice,
  incidents: AlertNotice['incidents'],
  newId: () => string,
): AlertNotice {
  if (incidents.length === notice.incidents.length) return notice;
  const severity = incidents.some((incident) => incident.severity === 'critical') ? 'critical' : 'degraded';
  // An id of its own: receivers drop what comes again under one that they have seen.
  return { ...notice, id: newId(), severity, incidents };
}
