import { defineTopics, resolveStatus, topic, type HealthBucket, type HealthIncident } from '@fleetdeck/dto';
import type { SparkPoint } from '../components/metrics-card/sparkline.ts';
import type { ProgressTracking } from '../components/progress-tracker/progress.ts';
import type { TimelineEntry } from '../components/timeline/entries.ts';
import { fleet } from './contexts.ts';
import { someEvents, STORY_NOW } from './events.ts';
import { upgrade } from './operations.ts';
import { bucketsOf, DAY, incident } from './past.ts';
import { seeded, walk } from './series.ts';

/** What one message says of one agent. */
export interface AgentNews {
  agent: string;
  at: string;
  status: string;
  reason: string | null;
  queueDepth: number;
  /** What is done to the agent; left out when nothing of it changed. */
  operation?: ProgressTracking;
}

/** The one topic of the made-up fleet. */
export const fleetTopics = defineTopics({ fleet: topic<AgentNews>({ mode: 'log' }) });

/** An agent as the messages tell of it. */
export interface AgentState {
  id: string;
  label: string;
  status: string;
  since: string;
  reason: string | null;
  /** When the last message about it was made. */
  at: string;
  points: readonly SparkPoint[];
  buckets: readonly HealthBucket[];
  incidents: readonly HealthIncident[];
  operation: ProgressTracking | null;
}

/** All that the messages tell. */
export interface FleetState {
  asOf: string;
  agents: readonly AgentState[];
  /** Depth of all queues together. */
  points: readonly SparkPoint[];
  events: readonly TimelineEntry[];
}

const MAX_POINTS = 60;
const MAX_EVENTS = 200;
const START = new Date(STORY_NOW).toISOString();

function seedAgent(index: number, status: string, depth: number): AgentState {
  const { id, label } = fleet[index]!;
  return {
    ...{ id, label, status, at: START, since: '2026-01-15T13:20:00.000Z' },
    reason: status === 'degraded' ? 'Its queue is longer than usual.' : null,
    points: walk({ seed: index + 3, from: depth * 0.8, to: depth }),
    buckets: bucketsOf(index === 0 ? DAY : 'h'.repeat(48)),
    incidents: index === 0 ? [incident()] : [],
    operation: status === 'in_progress' ? upgrade : null,
  };
}

const agents = [
  ...[seedAgent(0, 'healthy', 210), seedAgent(1, 'healthy', 340), seedAgent(2, 'degraded', 640)],
  ...[seedAgent(3, 'healthy', 95), seedAgent(4, 'healthy', 120), seedAgent(5, 'in_progress', 60)],
];

/** The fleet before the first message. */
export const quietFleet: FleetState = {
  asOf: START,
  agents,
  points: agents[0]!.points.map(({ start }, index) => ({
    start,
    value: Math.round(agents.reduce((sum, { points }) => sum + (points[index]?.value ?? 0), 0)),
  })),
  events: someEvents.slice(1),
};

const isBad = (status: string): boolean => {
  const { tone } = resolveStatus(status);
  return tone === 'degraded' || tone === 'critical';
};

function worst(status: string, known: HealthIncident['worst'] = 'degraded'): HealthIncident['worst'] {
  return resolveStatus(status).tone === 'critical' ? 'critical' : known;
}

/** Opens an incident where it gets bad, and ends it where it is over. */
function incidentsAfter({ incidents }: AgentState, { at, status, reason }: AgentNews) {
  const [newest, ...older] = incidents;
  const open = newest && newest.end === null ? newest : null;
  if (isBad(status)) {
    const next = open
      ? { ...open, worst: worst(status, open.worst), reason: reason ?? open.reason }
      : { begin: at, end: null, durationMs: 0, worst: worst(status), reason };
    return open ? [next, ...older] : [next, ...incidents];
  }
  if (!open) return incidents;
  return [{ ...open, end: at, durationMs: Date.parse(at) - Date.parse(open.begin) }, ...older];
}

/** The newest piece of time is as bad as it was at its worst. */
function bucketsAfter({ buckets }: AgentState, { status, reason }: AgentNews): readonly HealthBucket[] {
  const last = buckets.at(-1);
  if (!last || !isBad(status) || last.status === 'critical') return buckets;
  return [...buckets.slice(0, -1), { ...last, status: worst(status), inStatusMs: 0, reason }];
}

function agentAfter(agent: AgentState, news: AgentNews): AgentState {
  const { at, status, reason, queueDepth, operation } = news;
  const turned = status !== agent.status;
  return {
    ...{ ...agent, at, status, reason },
    since: turned ? at : agent.since,
    points: [...agent.points, { start: at, value: queueDepth }].slice(-MAX_POINTS),
    buckets: turned ? bucketsAfter(agent, news) : agent.buckets,
    incidents: turned ? incidentsAfter(agent, news) : agent.incidents,
    operation: operation ?? agent.operation,
  };
}

function eventOf({ agent, at, status, reason }: AgentNews): TimelineEntry {
  const id = `${agent} ${at}`;
  return { id, at, status, title: `${agent} became ${status}`, type: 'health', description: reason };
}

/** Makes one fleet of all messages. One that is repeated, late or of an agent that nobody knows changes nothing. */
export function reduceFleet(fleetBefore: FleetState, news: AgentNews): FleetState {
  const before = fleetBefore.agents.find(({ id }) => id === news.agent);
  if (!before || news.at <= before.at) return fleetBefore;
  const after = agentAfter(before, news);
  const all = fleetBefore.agents.map((agent) => (agent === before ? after : agent));
  const depth = all.reduce((sum, { points }) => sum + (points.at(-1)?.value ?? 0), 0);
  return {
    asOf: news.at > fleetBefore.asOf ? news.at : fleetBefore.asOf,
    agents: all,
    points: [...fleetBefore.points, { start: news.at, value: Math.round(depth) }].slice(-MAX_POINTS),
    events:
      before.status === news.status
        ? fleetBefore.events
        : [eventOf(news), ...fleetBefore.events].slice(0, MAX_EVENTS),
  };
}

/** The stages of the upgrade that goes on meanwhile, further with each step. */
function upgradeAt(step: number): ProgressTracking {
  const progressPercent = Math.min(99, 62 + step);
  return { ...upgrade, progressPercent, version: 12 + step, estimatedDurationSeconds: 240 - 4 * step };
}

const TURNS: Readonly<Record<number, Pick<AgentNews, 'agent' | 'status' | 'reason'>>> = {
  4: { agent: 'checkout-01', status: 'degraded', reason: 'It answers slowly: over 250 ms.' },
  8: { agent: 'checkout-01', status: 'critical', reason: '3 of 4 probes fail.' },
  12: { agent: 'intake-02', status: 'healthy', reason: null },
  18: { agent: 'checkout-01', status: 'healthy', reason: null },
};

/**
 * Tells what happens next in a made-up fleet, the same on every run: queues move, and now and then an agent turns.
 * @returns makes the next message about a fleet, at a moment
 */
export function createFleetNews(): (known: FleetState, at: number) => AgentNews {
  const next = seeded(42);
  let step = 0;
  return (known, at) => {
    step += 1;
    const turn = TURNS[step];
    const agent =
      known.agents.find(({ id }) => id === turn?.agent) ?? known.agents[step % known.agents.length]!;
    return {
      agent: agent.id,
      at: new Date(at).toISOString(),
      status: turn?.status ?? agent.status,
      reason: turn ? turn.reason : agent.reason,
      queueDepth: Math.max(0, Math.round((agent.points.at(-1)?.value ?? 0) + (next() - 0.5) * 80)),
      ...(agent.operation && step < 37 ? { operation: upgradeAt(step) } : {}),
    };
  };
}
