import { describe, expect, it } from '@jest/globals';
import type { AlertNotice, NoticeIncident } from '@fleetdeck/dto';
import { routeProblems } from './parse-routes.ts';
import { routeNotice, type AlertRoute } from './route-notices.ts';

const incident = (id: string, labels: Record<string, string>): NoticeIncident => ({
  incidentId: id,
  rule: 'Down',
  labels: { rule: 'Down', severity: 'degraded', ...labels },
  severity: labels['severity'] === 'critical' ? 'critical' : 'degraded',
  message: 'x',
  runbookUrl: null,
  value: null,
  beganAt: '2026-01-01T00:00:00.000Z',
  firedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
});
const noticeOf = (kind: AlertNotice['kind'], ...incidents: NoticeIncident[]): AlertNotice => ({
  id: 'notice',
  kind,
  group: {},
  severity: 'critical',
  at: '2026-01-01T00:00:00.000Z',
  mayRepeat: false,
  incidents,
});
const is = (label: string, value: string) => ({ label, is: 'equals' as const, value });

describe('routeNotice', () => {
  const nobody = () => false;
  const sinks = ['log', 'chat', 'pager'];
  const routes: AlertRoute[] = [
    { matchers: [is('team', 'lab')], sinks: [] },
    { matchers: [is('severity', 'critical')], sinks: ['log', 'pager'] },
    { matchers: [is('team', 'web')], sinks: ['chat'] },
  ];
  const told = (notice: AlertNotice, knows: (sink: string, id: string) => boolean = nobody) => {
    let ids = 0;
    const newId = () => `part${(ids += 1)}`;
    return routeNotice(notice, { routes, sinks, newId }, knows).map(({ notice: part, sinks: to }) => [
      part.id,
      part.severity,
      part.incidents.map(({ incidentId }) => incidentId).join(),
      to.join(),
    ]);
  };

  it('goes by the first route that matches, and to all sinks when none does', () => {
    const critical = incident('a', { severity: 'critical', team: 'web' });
    expect(told(noticeOf('firing', critical))).toEqual([['notice', 'critical', 'a', 'log,pager']]);
    expect(told(noticeOf('firing', incident('b', {})))).toEqual([
      ['notice', 'critical', 'b', 'log,chat,pager'],
    ]);
  });

  it('parts what goes to different sinks, each part with an id and a severity of its own', () => {
    const notice = noticeOf(
      'firing',
      incident('a', { severity: 'critical' }),
      incident('b', { team: 'web' }),
      incident('c', {}),
    );
    expect(told(notice)).toEqual([
      ['part1', 'critical', 'a,c', 'log,pager'],
      ['part2', 'degraded', 'b,c', 'chat'],
    ]);
  });

  it('tells nobody of what a route leads nowhere', () => {
    expect(told(noticeOf('reminder', incident('a', { severity: 'critical', team: 'lab' })))).toEqual([]);
  });

  it('tells an end where the begin was told, also when the routes are others by then', () => {
    const end = noticeOf('resolved', incident('a', { team: 'web' }));
    expect(told(end, (sink, id) => sink === 'pager' && id === 'a')).toEqual([
      ['notice', 'critical', 'a', 'pager'],
    ]);
    const begin = noticeOf('firing', incident('a', { team: 'web' }));
    expect(told(begin, () => true)).toEqual([['notice', 'critical', 'a', 'chat']]);
  });
});

describe('routeProblems', () => {
  const route = { matchers: [is('severity', 'critical')], sinks: ['log'] };

  it('finds nothing wrong with routes that are well', () => {
    expect(routeProblems([route, { sinks: ['log'] }, { sinks: [] }], ['log'])).toEqual([]);
  });

  it.each([
    [{}, 'routes', /must be a list of at most 100 routes/],
    [Array.from({ length: 101 }, () => route), 'routes', /at most 100/],
    [['log'], 'routes[0]', /must be an object with matchers and sinks/],
    [[{ ...route, receiver: 'x' }], 'routes[0].receiver', /is not known; known are matchers, sinks/],
    [[route, { matchers: [] }], 'routes[1].sinks', /names of sinks, they are log; it has null/],
    [[{ sinks: ['pagr'] }], 'routes[0].sinks', /they are log; it has "pagr"/],
    [[{ ...route, matchers: 'x' }], 'routes[0].matchers', /must be a list of at most 20 matchers/],
    [[{ ...route, matchers: ['x'] }], 'routes[0].matchers[0]', /must be an object with label, is and value/],
    [[{ ...route, matchers: [{ ...is('a-b', 'x') }] }], 'routes[0].matchers[0].label', /name of a label/],
    [
      [{ ...route, matchers: [{ ...is('a', 'x'), is: '=~' }] }],
      'routes[0].matchers[0].is',
      /one of equals, notEquals/,
    ],
    [
      [{ ...route, matchers: [{ label: 'a', is: 'equals' }] }],
      'routes[0].matchers[0].value',
      /must be a text/,
    ],
    [[{ ...route, matchers: [{ ...is('a', 'x'), or: 1 }] }], 'routes[0].matchers[0].or', /is not known/],
  ])('names the field that is wrong in %j', (routes, field, message) => {
    expect(routeProblems(routes, ['log'])).toMatchObject([
      { field, message: expect.stringMatching(message) },
    ]);
  });

  it('says when there is no sink at all', () => {
    expect(routeProblems([{ sinks: ['log'] }], [])[0]?.message).toContain('there are none');
  });
});
