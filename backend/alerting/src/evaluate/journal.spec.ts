import { describe, expect, it } from '@jest/globals';
import type { AlertNotice, IncidentEvent } from '@fleetdeck/dto';
import type { Delivery } from '../notify/notice-sink.ts';
import type { Instance } from '../rule/instance.ts';
import { Journal, MAX_KEPT } from './journal.ts';

const AT = '2026-01-01T00:00:00.000Z';

function change(id: string, to: 'firing' | 'inactive') {
  const event: IncidentEvent = {
    ...{ id: `${id}-${to}`, incidentId: id, rule: 'Down', kind: 'state', at: AT, durationMs: 0 },
    ...{ from: to === 'firing' ? 'inactive' : 'firing', to, reason: 'no answer', value: 2, by: null },
  };
  const instance = { incidentId: id, rule: 'Down', seriesLabels: {}, beganAt: 0, since: 0, firedAt: 0 };
  return { instance: { ...instance, notifiedAt: null, value: 2 } as unknown as Instance, rule: null, event };
}

function delivery(id: string, status: Delivery['status']): Delivery {
  const notice = { id } as AlertNotice;
  const done = { attempts: 1, nextAttemptAt: 0, doneAt: null, lastError: null, released: true };
  return { sink: 'log', notice, status, ...done };
}

describe('what is kept for a store that is away', () => {
  it('is bounded: of too much the oldest that is over goes, and is counted', () => {
    const journal = new Journal();
    journal.addChange(change('lasts', 'firing'));
    for (let i = 0; i < MAX_KEPT; i += 1) {
      journal.addChange(change(`${i}`, 'firing'));
      journal.addChange(change(`${i}`, 'inactive'));
    }
    journal.addDelivery(delivery('waits', 'waiting'));
    for (let i = 0; i < MAX_KEPT + 5; i += 1) journal.addDelivery(delivery(`${i}`, 'sent'));
    const { events, incidents, deliveries } = journal.take();
    expect([events.length, incidents.length, deliveries.length]).toEqual([MAX_KEPT, MAX_KEPT, MAX_KEPT]);
    expect(incidents.map(({ id }) => id)).toEqual(expect.arrayContaining(['lasts', `${MAX_KEPT - 1}`]));
    expect(incidents.some(({ id }) => id === '0')).toBe(false);
    expect(deliveries[0]?.notice.id).toBe('waits');
    expect(journal.droppedRecords).toBe(MAX_KEPT + 1 + 1 + 6);
  });

  it('is put back before what came since when it could not be stored', () => {
    const journal = new Journal();
    journal.addChange(change('a', 'firing'));
    const taken = journal.take();
    journal.addChange(change('a', 'inactive'));
    journal.putBack(taken);
    const { events, incidents, begun } = journal.take();
    expect(events.map(({ to }) => to)).toEqual(['firing', 'inactive']);
    expect(incidents).toMatchObject([{ id: 'a', endedAt: AT }]);
    expect(begun).toEqual(['a']);
  });
});
