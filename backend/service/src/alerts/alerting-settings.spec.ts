import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AlertingSettings } from '@fleetdeck/alerting';
import { testRules } from '@fleetdeck/alerting/testing';
import { alertingSettings } from './alerting-settings.ts';
import { DEFAULT_RULES } from './default-rules.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetdeck-alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(folder, `${Math.random()}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const webhook = { url: 'https://pager.example.com/hook', secret: 'sixteen or more characters' };

describe('the rules of the service', () => {
  it('are its own, to the log, when nobody says otherwise', () => {
    const { rules, sinks } = alertingSettings({ alertsFile: null, alertWebhook: null });
    expect(rules).toBe(DEFAULT_RULES);
    expect(sinks?.map(({ name }) => name)).toEqual(['log']);
  });

  it('come from a file, and go to a webhook as well', () => {
    const content = { rules: [DEFAULT_RULES[0]], groupIntervalMs: 30_000, reminderIntervalMs: 60_000 };
    const settings = alertingSettings({ alertsFile: fileOf(content), alertWebhook: webhook });
    expect(settings).toMatchObject(content);
    expect(settings.sinks?.map(({ name }) => name)).toEqual(['log', 'webhook']);
    expect(alertingSettings({ alertsFile: fileOf({}), alertWebhook: null }).rules).toBe(DEFAULT_RULES);
  });

  it('go to the sinks that the routes of the file name', () => {
    const matchers = [{ label: 'severity', is: 'notEquals', value: 'critical' }];
    const alertsFile = fileOf({ routes: [{ matchers, sinks: ['log'] }] });
    const { routes, sinks = [] } = alertingSettings({ alertsFile, alertWebhook: webhook });
    const run = testRules({
      rules: DEFAULT_RULES,
      routes: routes ?? [],
      sinks: sinks.map(({ name }) => name),
      health: [
        { atMs: 0, component: 'redis', status: 'degraded' },
        { atMs: 0, component: 'postgres', status: 'critical' },
      ],
      untilMs: 60_000,
    });
    expect(run.notices.map(({ rules, sinks }) => [...rules, ...sinks])).toEqual([
      ['PostgresDown', 'log', 'webhook'],
      ['ComponentUnhealthy', 'log'],
    ]);
  });

  it('may set every duration and bound of the module', () => {
    const numbers = {
      leaseTtlMs: 5_000,
      evaluationIntervalMs: 5_000,
      groupWaitMs: 30_000,
      groupIntervalMs: 60_000,
      reminderIntervalMs: 3_600_000,
      maxSeriesPerRule: 100,
      forgetSeriesAfterMs: 3_600_000,
      queryTimeoutMs: 2_000,
      storeTimeoutMs: 2_000,
      storeGraceMs: 1_000,
      maxAttempts: 5,
      resolvedRetryMs: 3_600_000,
      retryBaseMs: 500,
      retryCapMs: 60_000,
      deliveryTimeoutMs: 3_000,
      maxWaitingNotices: 100,
      retentionMs: 86_400_000,
      // So that none is missing here that the module takes.
    } satisfies Required<Omit<AlertingSettings, 'rules' | 'groupBy' | 'routes'>>;
    const settings = alertingSettings({ alertsFile: fileOf(numbers), alertWebhook: null });
    expect(settings).toMatchObject(numbers);
  });

  it.each([
    ['{', /JSON/],
    [[], /must be an object with rules/],
    [{ rules: null }, /rules must be a list/],
    [{ retentionMs: 5 }, /retentionMs is 5; it must be a number from 86400000 to/],
    [{ resolvedRetryMs: '1h' }, /resolvedRetryMs is "1h"; it must be a number from 0 to/],
    [{ leaseTtlMs: null }, /leaseTtlMs is null; it must be a number from 100 to/],
    [{ groupBy: 'rule' }, /groupBy must be a list of names of labels/],
    [{ sinks: [] }, /"sinks" is not known; known are rules, groupBy, routes, leaseTtlMs/],
    [{ routes: [{ sinks: ['webhook'] }] }, /routes\[0\]\.sinks must be .* they are log; it has "webhook"/],
    [{ rule: [] }, /"rule" is not known; known are rules/],
    [{ rules: [{}] }, /rules\[0\]\.name must be a letter/],
    ['x'.repeat(1_000_001), /longer than a megabyte/],
  ])('are refused in a sentence when the file is %j', (content, sentence) => {
    expect(() => alertingSettings({ alertsFile: fileOf(content), alertWebhook: null })).toThrow(sentence);
  });

  it('are refused when there is no such file, or the webhook is not safe', () => {
    expect(() => alertingSettings({ alertsFile: '/nowhere.json', alertWebhook: null })).toThrow(
      /^FLEETDECK_ALERTS_FILE \/nowhere\.json: ENOENT/,
    );
    const unsafe = { ...webhook, url: 'http://pager.example.com' };
    expect(() => alertingSettings({ alertsFile: null, alertWebhook: unsafe })).toThrow(/url must be https/);
  });

  it('tell of each component in its time, and of many late event loops together', () => {
    const late = { metric: 'fleetdeck_event_loop_delay_ms', stepMs: 1000 };
    const run = testRules({
      rules: DEFAULT_RULES,
      health: [
        { atMs: 10_000, component: 'redis', status: 'critical' },
        { atMs: 100_000, component: 'rabbitmq', status: 'degraded' },
      ],
      series: [
        { ...late, labels: { node: 'a' }, values: '2000x500' },
        { ...late, labels: { node: 'b' }, values: '5x120 2000x380' },
      ],
      untilMs: 400_000,
    });
    expect(run.notices.map(({ atMs, notice }) => [atMs, notice.group])).toEqual([
      [60_000, { rule: 'EventLoopLag' }],
      [70_000, { rule: 'ComponentUnhealthy', component: 'redis' }],
      [160_000, { rule: 'ComponentUnhealthy', component: 'rabbitmq' }],
      [360_000, { rule: 'EventLoopLag' }],
    ]);
  });

  it('tell of a late event loop once, after a minute, and not of a short stutter', () => {
    const run = testRules({
      rules: DEFAULT_RULES,
      series: [
        {
          metric: 'fleetdeck_event_loop_delay_ms',
          labels: { node: 'a' },
          stepMs: 1000,
          values: '5x120 2000x3 5x600 400x600 5x600',
        },
      ],
      untilMs: 2_000_000,
    });
    expect(run.notices.map(({ kind, rules }) => [kind, ...rules])).toEqual([
      ['firing', 'EventLoopLag'],
      ['resolved', 'EventLoopLag'],
    ]);
  });
});
