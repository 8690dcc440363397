import { act, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Alert, Incident, Role, Silence } from '@fleetdeck/dto';
import { App } from '../../App.tsx';
import { FakeService, ok, refusal, session } from '../../testing/fake-service.ts';
import { fakeTime, pass } from '../../testing/page.ts';
import { alert, alertUpdate, incident, silence } from '../../testing/samples.ts';

let service: FakeService;

const answerAlerts = (...alerts: Alert[]): void => {
  service.answers.set('GET /alerts', ok({ alerts, asOf: new Date(0).toISOString(), position: null }));
};
const answerSilences = (...silences: Silence[]): void => {
  service.answers.set('GET /silences', ok({ silences }));
};
const answerIncidents = (items: Incident[], nextCursor: string | null = null): void => {
  service.answers.set('GET /incidents', ok({ items, nextCursor }));
};

async function open(role: Role = 'operator', address = '/alerts'): Promise<void> {
  service.answers.set('GET /session', ok({ ...session, role }));
  window.history.replaceState(null, '', address);
  render(<App connection={service.connection()} restart={() => undefined} />);
  await screen.findByText(`(${role})`);
  await screen.findByText('Live');
}

const region = (name: string) => within(screen.getByRole('region', { name }));
const rows = async (name: string) =>
  within(await screen.findByRole('region', { name })).findAllByRole('listitem');
const lastAsked = (call: string) =>
  service.asked.findLast(({ method, path }) => `${method} ${path}` === call);
const press = (name: string | RegExp) => userEvent.click(screen.getByRole('button', { name }));

beforeEach(() => {
  service = new FakeService();
});
afterEach(() => {
  act(() => service.socket.close());
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('the alerts of now', () => {
  it('are awaited, then there are none', async () => {
    for (const list of ['alerts', 'silences', 'incidents']) service.answers.set(`GET /${list}`, 'never');
    await open();
    for (const name of ['Now', 'Silences', 'Incidents'])
      expect(screen.getByRole('region', { name })).toHaveTextContent('Loading');
  });

  it('say so when there are none', async () => {
    await open();
    expect(await screen.findByText(/Nothing fires/)).toBeVisible();
    expect(await screen.findByText(/people are told of everything/)).toBeVisible();
    expect(await screen.findByText('Nothing has fired yet.')).toBeVisible();
  });

  it('appear live, the worst first, are counted beside the page, and go', async () => {
    answerAlerts(alert('web-1'));
    await open();
    expect(await rows('Now')).toHaveLength(1);
    const critical = alert('db', { severity: 'critical', runbookUrl: 'https://runbooks.example.com/db' });
    act(() => {
      service.publish('alerts', alertUpdate(critical));
      service.publish('alerts', alertUpdate(alert('web-2', { state: 'pending' })));
      service.publish('alerts', alertUpdate(alert('web-3', { state: 'recovering' })));
    });
    await waitFor(async () => expect(await rows('Now')).toHaveLength(4));
    expect((await rows('Now'))[0]).toHaveTextContent('db is 300 ms late.');
    expect(screen.getByRole('link', { name: 'Alerts 2 firing' })).toBeVisible();
    expect(screen.getByText('2 firing, 1 recovering, 1 pending')).toHaveAttribute('role', 'status');
    expect(screen.getByRole('link', { name: /^Runbook/ })).toHaveAttribute('href', critical.runbookUrl);
    act(() => service.publish('alerts', alertUpdate({ ...critical, state: 'inactive', version: 3 })));
    expect(await screen.findByRole('link', { name: 'Alerts 1 firing' })).toBeVisible();
  });

  it('say why they could not be read, and are read again when asked', async () => {
    for (const list of ['alerts', 'silences', 'incidents'])
      service.answers.set(`GET /${list}`, refusal('FORBIDDEN', 'Your role may not.'));
    await open();
    for (const [name, list] of [
      ['Now', 'alerts'],
      ['Silences', 'silences'],
      ['Incidents', 'incidents'],
    ] as const)
      expect(
        await region(name).findByText(`The ${list} could not be read: Your role may not.`),
      ).toBeVisible();
    answerSilences(silence('s1'));
    answerIncidents([incident('web-9')]);
    await press('Try again to read the silences');
    await press('Try again');
    // An alert that changes has the other lists read as well, so it comes last.
    answerAlerts(alert('web-1'));
    await press('Try again to read the alerts');
    for (const name of ['Now', 'Silences', 'Incidents']) expect(await rows(name)).toHaveLength(1);
    expect(document.querySelector('main')).not.toHaveTextContent('could not be read');
  });

  it('come by themselves after they could not be read for long', async () => {
    fakeTime();
    service.answers.set('GET /alerts', refusal('DATABASE_UNAVAILABLE'));
    window.history.replaceState(null, '', '/alerts');
    render(<App connection={service.connection()} restart={() => undefined} />);
    for (let minute = 0; minute < 9; minute += 1) await pass(60_000);
    expect(screen.getByText(/^The alerts could not be read/)).toBeVisible();
    answerAlerts(alert('web-1'));
    await pass(20_000);
    expect(region('Now').getAllByRole('listitem')).toHaveLength(1);
    expect(screen.queryByText(/could not be read/)).toBeNull();
  });

  it('stay as the last known when the connection is lost', async () => {
    answerAlerts(alert('web-1'));
    await open();
    await rows('Now');
    act(() => service.closeSocket('FORBIDDEN', 'Your role may not listen.'));
    expect(await region('Now').findByText(/The connection is lost/)).toBeVisible();
    expect(await rows('Now')).toHaveLength(1);
  });
});

describe('who may act', () => {
  it('is an operator: a viewer sees no buttons for it, and why', async () => {
    answerAlerts(alert('web-1'));
    answerSilences(silence('s1'));
    await open('viewer');
    await rows('Now');
    await rows('Silences');
    expect(screen.getByText(/operators acknowledge and silence/)).toBeVisible();
    expect(screen.queryByRole('button', { name: /^(?:Acknowledge|Silence|New silence|End)/ })).toBeNull();
  });
});

describe('acknowledging', () => {
  it('sends what is being done, shows who did it, and goes on at the alert', async () => {
    answerAlerts(alert('web-1'));
    await open();
    await rows('Now');
    service.answers.set('POST /incidents/incident%20web-1/ack', () => {
      const acknowledgement = { by: 'ada', at: new Date().toISOString(), reason: 'on it' };
      answerAlerts(alert('web-1', { acknowledgement }));
      return { status: 200, body: {} };
    });
    await press('Acknowledge LoopLag node=web-1');
    expect(screen.getByLabelText(/What is being done/)).toHaveFocus();
    await userEvent.keyboard(' on it {Enter}');
    expect(await region('Now').findByText(/Acknowledged by ada, .*: on it/)).toBeVisible();
    expect(lastAsked('POST /incidents/incident%20web-1/ack')?.body).toEqual({ reason: 'on it' });
    expect(screen.queryByRole('button', { name: /^Acknowledge/ })).toBeNull();
    expect((await rows('Now'))[0]).toHaveFocus();
  });

  it('says why it was refused, and is left by Escape', async () => {
    answerAlerts(alert('web-1'), alert('web-2', { state: 'pending' }));
    service.answers.set('POST /incidents/incident%20web-1/ack', refusal('CONFLICT', 'It is over.'));
    await open();
    await rows('Now');
    await press(/^Acknowledge/);
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('It is over.');
    expect(lastAsked('POST /incidents/incident%20web-1/ack')?.body).toEqual({});
    await userEvent.type(screen.getByLabelText(/What is being done/), '{Escape}');
    expect(screen.queryByRole('form')).toBeNull();
    expect((await rows('Now'))[0]).toHaveFocus();
  });
});

describe('silences', () => {
  it('are made from an alert: what it matches is filled in', async () => {
    answerAlerts(alert('web-1'), alert('web-2'));
    await open();
    await rows('Now');
    service.answers.set('POST /silences', () => {
      answerSilences(silence('s1'));
      answerAlerts(alert('web-1', { silencedBy: 's1' }), alert('web-2'));
      return { status: 201, body: silence('s1') };
    });
    await press('Silence LoopLag node=web-1');
    const form = within(screen.getByRole('form', { name: 'New silence' }));
    expect(form.getByText('One alert on this page matches.')).toBeVisible();
    await userEvent.click(form.getByRole('button', { name: 'Remove condition 2' }));
    expect(form.getByText('2 alerts on this page match.')).toBeVisible();
    await userEvent.click(form.getByRole('button', { name: 'Silence' }));
    expect(form.getByRole('alert')).toHaveTextContent('Say why');
    await userEvent.selectOptions(form.getByLabelText('For how long'), '1 day');
    await userEvent.type(form.getByLabelText('Why'), 'deploy{Enter}');
    expect(await region('Silences').findByText('node is web-1')).toBeVisible();
    expect(await region('Now').findByText(/Silenced by ada until .*: deploy/)).toBeVisible();
    expect(lastAsked('POST /silences')?.body).toMatchObject({
      matchers: [{ label: 'rule', is: 'equals', value: 'LoopLag' }],
      reason: 'deploy',
    });
    expect(screen.queryByRole('form')).toBeNull();
    expect(screen.getByRole('heading', { name: 'Silences' })).toHaveFocus();
  });

  it('are made from nothing, until a written time, and the service names what it refuses', async () => {
    service.answers.set('POST /silences', {
      status: 400,
      body: {
        ...(refusal('INVALID_INPUT') as { body: object }).body,
        fields: [{ field: 'matchers[1].label', message: 'It must be the name of a label.' }],
      },
    });
    await open();
    await press('New silence');
    const form = within(screen.getByRole('form', { name: 'New silence' }));
    expect(form.getByLabelText('Label')).toHaveFocus();
    expect(form.getByText('No alert on this page matches.')).toBeVisible();
    await userEvent.click(form.getByRole('button', { name: 'Add a condition' }));
    const second = within(form.getByRole('group', { name: 'Condition 2' }));
    expect(second.getByLabelText('Label')).toHaveFocus();
    await userEvent.type(second.getByLabelText('Label'), 'a b');
    await userEvent.selectOptions(second.getByLabelText('Comparison'), 'is not');
    await userEvent.type(second.getByLabelText('Value'), 'x');
    await userEvent.selectOptions(form.getByLabelText('For how long'), 'Until a time…');
    await userEvent.type(form.getByLabelText('Until (local time)'), '2099-01-01T10:00');
    await userEvent.type(form.getByLabelText('Why'), 'deploy{Enter}');
    expect(await form.findByRole('alert')).toHaveTextContent('matchers[1].label: It must be the name');
    expect(lastAsked('POST /silences')?.body).toMatchObject({
      matchers: [{ label: 'rule' }, { label: 'a b', is: 'notEquals', value: 'x' }],
      endsAt: new Date('2099-01-01T10:00').toISOString(),
    });
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('form')).toBeNull();
  });

  it('keep the focus in their form when a condition is removed', async () => {
    await open();
    await press('New silence');
    await press('Add a condition');
    await press('Remove condition 1');
    const form = screen.getByRole('form', { name: 'New silence' });
    expect(within(form).getAllByLabelText('Label')).toHaveLength(1);
    expect(form).toContainElement(document.activeElement as HTMLElement);
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('form')).toBeNull();
  });

  it('are ended, or it is said why not', async () => {
    answerSilences(silence('s1'), silence('s2', { state: 'waiting', reason: 'move' }));
    service.answers.set('DELETE /silences/s1', refusal('NOT_FOUND', 'It is over already.'));
    await open();
    expect((await rows('Silences'))[1]).toHaveTextContent(/From .* until/);
    const end = region('Silences').getAllByRole('button', { name: /^End the silence/ });
    await userEvent.click(end[0] as HTMLElement);
    expect(await screen.findByRole('alert')).toHaveTextContent('It is over already.');
    service.answers.set('DELETE /silences/s2', () => {
      answerSilences(silence('s1'));
      return { status: 200, body: silence('s2') };
    });
    await userEvent.click(end[1] as HTMLElement);
    await waitFor(() => expect(screen.queryByText('move')).toBeNull());
  });
});

describe('incidents', () => {
  const over = incident('old', {
    beganAt: new Date(0).toISOString(),
    endedAt: new Date(125_000).toISOString(),
    durationMs: 125_000,
    endReason: 'It is 3.',
    notifiedAt: null,
    acknowledgement: { by: 'bob', at: new Date(0).toISOString(), reason: null },
  });
  const queryOf = () => lastAsked('GET /incidents')?.query;

  it('are read page by page, and say what became of them', async () => {
    answerIncidents([incident('new')], 'c1');
    await open();
    expect(await rows('Incidents')).toHaveLength(1);
    answerIncidents([over]);
    await userEvent.click(await screen.findByRole('button', { name: 'Load older' }));
    await waitFor(async () => expect(await rows('Incidents')).toHaveLength(2));
    expect(queryOf()?.get('cursor')).toBe('c1');
    const row = (await rows('Incidents'))[1];
    expect(row).toHaveTextContent('Resolved LoopLag node=old');
    expect(row).toHaveTextContent('It was above 200.');
    expect(row).toHaveTextContent('lasted 2 min 5 sec · acknowledged by bob · nobody was told');
    expect(screen.queryByRole('button', { name: 'Load older' })).toBeNull();
  });

  it('are read anew, as many as are shown, when an alert changes', async () => {
    answerIncidents([incident('new')], 'c1');
    await open();
    await rows('Incidents');
    answerIncidents(Array.from({ length: 20 }, (_, n) => incident(`older-${n}`)));
    await userEvent.click(await screen.findByRole('button', { name: 'Load older' }));
    await waitFor(async () => expect(await rows('Incidents')).toHaveLength(21));
    const facets = { total: 22, rules: [], statuses: [{ value: 'ended', count: 1 }] };
    const items = [incident('newest'), { ...over, id: 'new' }];
    service.answers.set('GET /incidents', ok({ items, nextCursor: null, facets }));
    act(() => service.publish('alerts', alertUpdate(alert('newest'))));
    expect(await region('Incidents').findByText(/lasted 2 min 5 sec/)).toBeVisible();
    expect(await region('Incidents').findByText('newest is 300 ms late.')).toBeVisible();
    expect(region('Incidents').getByRole('button', { name: 'Resolved 1' })).toBeVisible();
    const limits = service.asked
      .filter(({ path }) => path === '/incidents')
      .map(({ query }) => query.get('limit'));
    expect(limits.slice(-2)).toEqual(['21', '1']);
  });

  it('are filtered and counted by the service, and the address says by what', async () => {
    const facets = {
      total: 41,
      rules: [
        { value: 'LoopLag', count: 40 },
        { value: 'Down', count: 1 },
      ],
      statuses: [
        { value: 'ended', count: 39 },
        { value: 'degraded', count: 2 },
        { value: 'critical', count: 0 },
      ],
    };
    const items = [incident('new')];
    service.answers.set('GET /incidents', ok({ items, nextCursor: null, facets }));
    await open();
    await rows('Incidents');
    await userEvent.click(region('Incidents').getByRole('button', { name: /^Resolved/ }));
    await userEvent.click(region('Incidents').getByRole('button', { name: /^Down/ }));
    await waitFor(() => expect(queryOf()?.getAll('rule')).toEqual(['Down']));
    expect(queryOf()?.getAll('status')).toEqual(['ended']);
    expect(window.location.search).toBe('?type=Down&status=resolved');
    await userEvent.type(region('Incidents').getByRole('searchbox'), 'berlin');
    await waitFor(() => expect(queryOf()?.get('search')).toBe('berlin'));
  });

  it('tell every change when they are opened, and lead to themselves and the runbook', async () => {
    answerIncidents([incident('new', { runbookUrl: 'https://runbooks.example.com/lag' })]);
    const { event } = alertUpdate(alert('new'), { reason: 'It is 300.' });
    const told = { ...event, id: 'ack', kind: 'acknowledged', by: 'bob', durationMs: null, reason: 'On it.' };
    service.answers.set('GET /incidents/new', ok(incident('new', { events: [event, told] as never })));
    await open();
    await rows('Incidents');
    await userEvent.click(region('Incidents').getByRole('button', { name: /new is 300 ms late/ }));
    expect(await region('Incidents').findByText('It is 300.')).toBeVisible();
    const changes = region('Incidents').getAllByRole('listitem').slice(1);
    expect(changes[0]).toHaveTextContent(/firing after 1 min pending\s*It is 300\./);
    expect(changes[1]).toHaveTextContent(/Acknowledged by bob\s*On it\./);
    const link = (name: RegExp) => region('Incidents').getByRole('link', { name });
    expect(link(/^Link to/)).toHaveAttribute('href', '/alerts?incident=new');
    expect(link(/^Runbook/)).toHaveAttribute('href', 'https://runbooks.example.com/lag');
  });

  it('are shown around the one that the address names, opened', async () => {
    service.answers.set('GET /incidents', () => {
      const linked = service.asked.at(-1)?.query.has('to');
      return ok({ items: [linked ? over : incident('new')], nextCursor: null });
    });
    service.answers.set('GET /incidents/old', ok({ ...over, events: [] }));
    await open('operator', '/alerts?incident=old');
    expect(await region('Incidents').findByText('Nobody was told.')).toBeVisible();
    expect(queryOf()?.get('to')).toBe(new Date(1).toISOString());
  });

  it('stay when they can no longer be read, and are whole again once they can', async () => {
    answerIncidents([incident('new')]);
    answerSilences(silence('s1'));
    await open();
    await rows('Incidents');
    for (const list of ['silences', 'incidents'])
      service.answers.set(`GET /${list}`, refusal('FORBIDDEN', 'No more.'));
    act(() => service.publish('alerts', alertUpdate(alert('web-1'))));
    for (const name of ['Silences', 'Incidents']) {
      expect(await region(name).findByText(/could not be read: No more\./)).toBeVisible();
      expect(await rows(name)).toHaveLength(1);
    }
    answerIncidents([incident('newer'), incident('new')]);
    await press('Try again');
    await waitFor(async () => expect(await rows('Incidents')).toHaveLength(2));
    expect(region('Incidents').queryByText(/could not be read/)).toBeNull();
  });

  it('come by themselves after they could not be read at first', async () => {
    fakeTime();
    service.answers.set('GET /incidents', refusal('DATABASE_UNAVAILABLE'));
    window.history.replaceState(null, '', '/alerts');
    render(<App connection={service.connection()} restart={() => undefined} />);
    await pass(60_000);
    expect(screen.getByText(/^The incidents could not be read/)).toBeVisible();
    answerIncidents([incident('new')], 'c1');
    await pass(60_000);
    expect(region('Incidents').getByText('new is 300 ms late.')).toBeVisible();
    expect(region('Incidents').getByRole('button', { name: 'Load older' })).toBeVisible();
  });
});
