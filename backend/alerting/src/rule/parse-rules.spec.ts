import { describe, expect, it } from '@jest/globals';
import type { FleetdeckError } from '@fleetdeck/kernel';
import { findingOf } from './find.ts';
import { fillMessage, placeholdersOf } from './message.ts';
import { MAX_RULES, parseRules } from './parse-rules.ts';

const metric = {
  name: 'Lag',
  metric: { name: 'lag_ms', window: '1m', aggregation: 'p95', groupBy: ['node'] },
  when: { is: 'above', value: 200 },
  severity: 'degraded',
  message: '{{rule}} {{severity}} {{value}} {{ threshold }} {{labels.node}} {{labels.team}} {{labels.rule}}',
  labels: { team: 'core' },
};
const health = {
  name: 'Down',
  health: { component: 'postgres' },
  severity: 'critical',
  message: '{{component}} {{reason}} {{value}} {{labels.component}}',
};

function refused(rules: unknown): string[] {
  try {
    parseRules(rules);
  } catch (thrown) {
    return ((thrown as FleetdeckError).fields ?? []).map(({ field, message }) => `${field} ${message}`);
  }
  return [];
}

describe('parseRules', () => {
  it('fills in the defaults', () => {
    expect(parseRules([metric, health])).toMatchObject([
      {
        source: { when: { recoverAt: 200 }, metric: { labels: {}, minCoverage: 0 } },
        forMs: 0,
        keepFiringForMs: 0,
        noData: 'keepLast',
        runbookUrl: null,
        groupBy: null,
      },
      { source: { health: { status: 'degraded', except: [] } }, labels: {} },
    ]);
  });

  it('takes every field', () => {
    const full = {
      ...metric,
      metric: { ...metric.metric, labels: { zone: 'eu' }, minCoverage: 0.5 },
      when: { is: 'below', value: 10, recoverAt: 20 },
      forMs: 1,
      keepFiringForMs: 2,
      noData: 'alerting',
      runbookUrl: 'https://example.com/run',
      groupBy: ['rule', 'severity', 'node', 'team'],
    };
    expect(
      refused([full, { ...health, health: { component: '*', except: ['disk'], status: 'critical' } }]),
    ).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['rules', 7, /^rules must be a list/],
    ['too many', Array.from({ length: MAX_RULES + 1 }, () => metric), /^rules must be a list of at most 500/],
    ['no object', ['x'], /^rules\[0\] must be an object/],
    ['name', [{ ...metric, name: '1' }], /^rules\[0\]\.name must be a letter/],
    ['a name twice', [metric, { ...health, name: 'Lag' }], /^rules\[1\]\.name "Lag" is taken/],
    ['severity', [{ ...metric, severity: 'info' }], /severity must be one of degraded, critical/],
    ['forMs', [{ ...metric, forMs: -1 }], /forMs must be a number of milliseconds/],
    ['keepFiringForMs', [{ ...metric, keepFiringForMs: '5m' }], /keepFiringForMs must be a number/],
    ['message', [{ ...metric, message: ' ' }], /message must be a sentence/],
    [
      'placeholder',
      [{ ...metric, message: '{{labels.host}}' }],
      /has the placeholder \{\{labels\.host\}\}; known are rule/,
    ],
    ['threshold of health', [{ ...health, message: '{{threshold}}' }], /placeholder \{\{threshold\}\}/],
    ['runbookUrl', [{ ...metric, runbookUrl: 'javascript:alert(1)' }], /runbookUrl must be an address/],
    ['runbookUrl in words', [{ ...metric, runbookUrl: 'wiki' }], /runbookUrl must be an address/],
    ['both', [{ ...metric, health: health.health }], /^rules\[0\] must have either "metric" or "health"/],
    ['neither', [{ ...metric, metric: undefined }], /must have either/],
    ['metric', [{ ...metric, metric: 'lag' }], /metric must be an object/],
    [
      'metric.name',
      [{ ...metric, metric: { ...metric.metric, name: 'a-b' } }],
      /metric\.name must be the name/,
    ],
    [
      'metric.window',
      [{ ...metric, metric: { ...metric.metric, window: '2m' } }],
      /metric\.window must be one of/,
    ],
    [
      'metric.aggregation',
      [{ ...metric, metric: { ...metric.metric, aggregation: 'p0' } }],
      /metric\.aggregation must be avg/,
    ],
    [
      'metric.labels',
      [{ ...metric, metric: { ...metric.metric, labels: { 'a-b': 'c' } } }],
      /metric\.labels must have names/,
    ],
    [
      'metric.groupBy',
      [{ ...metric, metric: { ...metric.metric, groupBy: 'node' } }],
      /metric\.groupBy must be at most 5/,
    ],
    [
      'groupBy rule',
      [{ ...metric, metric: { ...metric.metric, groupBy: ['node', 'rule'] } }],
      /groupBy must be/,
    ],
    ['grouping by no list', [{ ...metric, groupBy: 'rule' }], /^rules\[0\]\.groupBy must be a list/],
    ['grouping twice', [{ ...metric, groupBy: ['rule', 'rule'] }], /\.groupBy must be a list of different/],
    [
      'grouping by what is no label of it',
      [{ ...health, groupBy: ['componnent'] }],
      /^rules\[0\]\.groupBy has "componnent"; the labels of this rule are rule, severity, component/,
    ],
    ['grouping by nothing', [{ ...health, groupBy: [null] }], /groupBy has null/],
    [
      'groupBy twice',
      [{ ...metric, metric: { ...metric.metric, groupBy: ['node', 'node'] } }],
      /groupBy must be/,
    ],
    [
      'minCoverage',
      [{ ...metric, metric: { ...metric.metric, minCoverage: 2 } }],
      /minCoverage must be a number from 0 to 1/,
    ],
    [
      'an unknown field',
      [{ ...metric, for: '5m' }],
      /^rules\[0\]\.for is not a field of a rule; known are name/,
    ],
    [
      'an unknown part',
      [{ ...metric, metric: { ...metric.metric, agg: 'x' } }],
      /metric\.agg is not a field/,
    ],
    ['when', [{ ...metric, when: undefined }], /when must be an object/],
    ['when.is', [{ ...metric, when: { is: '>', value: 1 } }], /when\.is must be one of above/],
    ['when.value', [{ ...metric, when: { is: 'above', value: NaN } }], /when\.value must be a number/],
    [
      'recoverAt',
      [{ ...metric, when: { is: 'above', value: 1, recoverAt: 'x' } }],
      /recoverAt must be a number/,
    ],
    [
      'recoverAt above',
      [{ ...metric, when: { is: 'above', value: 1, recoverAt: 2 } }],
      /recoverAt is 2, which is on the bad side of 1/,
    ],
    ['recoverAt below', [{ ...metric, when: { is: 'atMost', value: 1, recoverAt: 0 } }], /recoverAt is 0/],
    ['noData', [{ ...metric, noData: 'fire' }], /noData must be one of noData, alerting, ok, keepLast/],
    ['noData of health', [{ ...health, noData: 'ok' }], /noData is for metrics/],
    ['when of health', [{ ...health, when: metric.when }], /when is for metrics/],
    ['health', [{ ...health, health: 'postgres' }], /health must be an object/],
    ['component', [{ ...health, health: { component: '' } }], /health\.component must be the name/],
    ['except', [{ ...health, health: { component: '*', except: 'disk' } }], /health\.except must be a list/],
    [
      'except without *',
      [{ ...health, health: { component: 'a', except: ['b'] } }],
      /goes with the component "\*" only/,
    ],
    ['health.status', [{ ...health, health: { component: 'a', status: 'bad' } }], /health\.status must be/],
    ['labels', [{ ...metric, labels: { team: 7 } }], /labels must have texts/],
    ['labels reserved', [{ ...metric, labels: { team: 'a', rule: 'mine' } }], /labels must not name "rule"/],
  ])('refuses %s with a sentence', (_words, rules, sentence) => {
    expect(refused(rules)).toEqual(expect.arrayContaining([expect.stringMatching(sentence)]));
  });

  it('tells all that is wrong at once', () => {
    expect(
      refused([
        { ...metric, name: '', forMs: -1 },
        { ...health, severity: 'x' },
      ]),
    ).toHaveLength(3);
  });
});

describe('findingOf', () => {
  it.each([
    [
      'above',
      10,
      5,
      [
        [11, 'bad'],
        [10, 'between'],
        [6, 'between'],
        [5, 'good'],
      ],
    ],
    [
      'atLeast',
      10,
      10,
      [
        [10, 'bad'],
        [9, 'good'],
      ],
    ],
    [
      'below',
      10,
      20,
      [
        [9, 'bad'],
        [10, 'between'],
        [20, 'good'],
      ],
    ],
    [
      'atMost',
      10,
      10,
      [
        [10, 'bad'],
        [11, 'good'],
      ],
    ],
  ] as const)('judges %s %d, recovering at %d', (is, value, recoverAt, cases) => {
    const [rule] = parseRules([{ ...metric, when: { is, value, recoverAt } }]);
    if (!rule) throw new Error('no rule');
    for (const [read, finding] of cases) expect([read, findingOf(rule, read)]).toEqual([read, finding]);
    expect(findingOf(rule, null)).toBe('none');
  });

  it('judges health by the status that the rule names', () => {
    const [degraded, critical] = parseRules([
      health,
      { ...health, name: 'Gone', health: { component: 'a', status: 'critical' } },
    ]);
    if (!degraded || !critical) throw new Error('no rules');
    expect([0, 1, 2].map((value) => findingOf(degraded, value))).toEqual(['good', 'bad', 'bad']);
    expect([0, 1, 2].map((value) => findingOf(critical, value))).toEqual(['good', 'good', 'bad']);
  });
});

describe('messages', () => {
  it('are filled with texts and readable numbers, and nothing of it is run', () => {
    const values = new Map<string, string | number | null>([
      ['a', 'x{{b}}'],
      ['b', 1234.567],
      ['c', 12.345],
      ['d', 0.00012345],
      ['e', null],
      ['f', 3],
      ['g', 1.23456],
    ]);
    expect(fillMessage('{{a}} {{b}} {{ c }} {{d}} {{e}} {{f}} {{g}} {{h}} {x}', values)).toBe(
      'x{{b}} 1235 12.3 1.2e-4 unknown 3 1.235 unknown {x}',
    );
    expect(placeholdersOf('{{a}} {{ b }} {{}}')).toEqual(['a', 'b', '']);
  });
});
