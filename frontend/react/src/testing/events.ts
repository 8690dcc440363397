import type { TimelineEntry } from '../components/timeline/entries.ts';
import { seeded } from './series.ts';

/** The moment at which the stories stand still. */
export const STORY_NOW = Date.parse('2026-01-15T14:07:12.000Z');
const MINUTE = 60_000;
const at = (minutesAgo: number): string => new Date(STORY_NOW - minutesAgo * MINUTE).toISOString();

/** A day in the life of a fleet. */
export const someEvents: readonly TimelineEntry[] = [
  {
    id: 'e1',
    at: at(0.7),
    title: 'refund-07 failed its health check',
    status: 'critical',
    type: 'health',
    description: '3 of 4 probes fail since 14:02. The broker refuses the connection.',
    data: { agent: 'refund-07', probe: 'readiness', attempts: 3 },
  },
  {
    id: 'e2',
    at: at(4.2),
    title: 'triage-12 upgrading 2.4.1 to 2.5.0',
    status: 'in_progress',
    type: 'deployment',
    actor: 'ana',
    data: { before: { version: '2.4.1' }, after: { version: '2.5.0' }, operation: 'op_8B53' },
  },
  {
    id: 'e3',
    at: at(27),
    title: 'billing-03 deployed 1.9.2',
    status: 'success',
    type: 'deployment',
    actor: 'jo',
  },
  { id: 'e4', at: at(95), title: 'Queue intake above 1,000', status: 'warning', type: 'queue' },
  {
    id: 'e5',
    at: at(60 * 20),
    title: 'checkout-01 restarted',
    status: 'success',
    type: 'operation',
    actor: 'ana',
  },
  { id: 'e6', at: at(60 * 26), title: 'Token rotated', type: 'security', actor: 'jo' },
  { id: 'e7', at: at(60 * 24 * 3), title: 'resume-04 stopped', status: 'stopped', type: 'operation' },
  { id: 'e8', at: at(60 * 24 * 5), title: 'intake-02 provisioned', status: 'success', type: 'operation' },
  { id: 'e9', at: at(60 * 24 * 30), title: 'Portal installed', type: 'operation', actor: 'jo' },
];

const TYPES = ['deployment', 'health', 'queue', 'operation', 'security'];
const STATUSES = ['success', 'success', 'success', 'warning', 'failed', 'in_progress'];

/** As many events as are asked for, some minutes apart, the same on every run. */
export function manyEvents(count: number, newest = STORY_NOW): readonly TimelineEntry[] {
  const next = seeded(7);
  let time = newest;
  return Array.from({ length: count }, (_, index) => {
    time -= Math.round(next() * 4 * MINUTE);
    const agent = `agent-${String(Math.floor(next() * 400)).padStart(3, '0')}`;
    const type = TYPES[Math.floor(next() * TYPES.length)] ?? 'health';
    return {
      id: `n${count - index}`,
      at: time,
      title: `${agent} ${type} event`,
      status: STATUSES[Math.floor(next() * STATUSES.length)] ?? 'success',
      type,
      description: index % 3 === 0 ? `What happened to ${agent}, and what to do about it.` : null,
    };
  });
}
