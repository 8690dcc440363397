import { describe, expect, it } from '@jest/globals';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';
import { isMetricAggregation } from '../metrics.ts';
import { HealthHistoryQueryDto, HealthTimelineQueryDto } from './health-query.dto.ts';
import { MetricQueryDto, MetricRecentQueryDto } from './metric-query.dto.ts';
import { PageQueryDto } from './page-query.dto.ts';

function refused<T extends object>(type: ClassConstructor<T>, query: object): string[] {
  return validateSync(plainToInstance(type, query), { whitelist: true, forbidNonWhitelisted: true }).map(
    ({ property }) => property,
  );
}

const question = { metricName: 'cpu', timeWindow: '5m', aggregation: 'p95' };

describe('MetricQueryDto', () => {
  it('takes the least and the fullest question', () => {
    expect(refused(MetricQueryDto, question)).toEqual([]);
    const full = {
      ...question,
      labels: 'host:a,zone:eu:1',
      from: '2026-01-31T08:00:00.000Z',
      to: '2026-01-31T09:00:00Z',
      groupBy: ['host', 'zone'],
    };
    expect(refused(MetricQueryDto, full)).toEqual([]);
  });

  it('splits what is comma separated and keeps what is repeated', () => {
    const read = plainToInstance(MetricQueryDto, {
      ...question,
      labels: 'host:a,,zone:b',
      groupBy: ['host'],
    });
    expect(read.labels).toEqual(['host:a', 'zone:b']);
    expect(read.groupBy).toEqual(['host']);
    const comma = plainToInstance(MetricQueryDto, { ...question, labels: 'route:/a,b,host:c,' });
    expect(comma.labels).toEqual(['route:/a,b', 'host:c']);
  });

  it.each([
    ['metricName', { metricName: 'a-b' }],
    ['metricName', { metricName: 'x'.repeat(201) }],
    ['metricName', { metricName: ['cpu', 'mem'] }],
    ['timeWindow', { timeWindow: '10m' }],
    ['labels', { labels: 'host' }],
    ['labels', { labels: '__proto__:a' }],
    ['labels', { labels: ['host:a\0'] }],
    ['labels', { labels: [`host:${'x'.repeat(201)}`] }],
    ['labels', { labels: { host: 'a' } }],
    ['labels', { labels: Array.from({ length: 21 }, (_, i) => `l${i}:v`) }],
    ['from', { from: '2026-01-31' }],
    ['to', { to: 'now' }],
    ['groupBy', { groupBy: 'a,b,c,d,e,f' }],
    ['groupBy', { groupBy: 'my-host' }],
    ['window', { window: '5m' }],
  ])('refuses %s in %j', (field, part) => {
    expect(refused(MetricQueryDto, { ...question, ...part })).toEqual([field]);
  });

  it.each([
    'avg',
    'ratePerMinute',
    'p5',
    'p99.9',
    'p0',
    'p00.0',
    'p0.0001',
    'p100',
    'p99.12345',
    'median',
    '',
    'P95',
  ])('agrees with isMetricAggregation about %p', (aggregation) => {
    expect(refused(MetricQueryDto, { ...question, aggregation }).length === 0).toBe(
      isMetricAggregation(aggregation),
    );
  });
});

describe('MetricRecentQueryDto', () => {
  it('reads names and numbers from the texts of a URL', () => {
    const read = plainToInstance(MetricRecentQueryDto, {
      metricName: 'cpu,mem',
      spanSeconds: '60',
      maxPoints: '30',
    });
    expect(read).toMatchObject({ metricName: ['cpu', 'mem'], spanSeconds: 60, maxPoints: 30 });
    expect(
      refused(MetricRecentQueryDto, { metricName: 'cpu,mem', spanSeconds: '60', maxPoints: '30' }),
    ).toEqual([]);
    expect(refused(MetricRecentQueryDto, { metricName: ['cpu'] })).toEqual([]);
  });

  it.each([
    ['metricName', { metricName: '' }],
    ['metricName', { metricName: 'a-b' }],
    ['metricName', { metricName: 'x'.repeat(201) }],
    ['metricName', { metricName: Array.from({ length: 51 }, () => 'cpu') }],
    ['spanSeconds', { spanSeconds: '9' }],
    ['spanSeconds', { spanSeconds: '86401' }],
    ['spanSeconds', { spanSeconds: 'long' }],
    ['maxPoints', { maxPoints: '1' }],
    ['maxPoints', { maxPoints: '301' }],
    ['maxPoints', { maxPoints: '2.5' }],
  ])('refuses %s in %j', (field, part) => {
    expect(refused(MetricRecentQueryDto, { metricName: 'cpu', ...part })).toEqual([field]);
  });
});

describe('PageQueryDto', () => {
  it('takes nothing, a limit from a URL, a cursor', () => {
    expect(refused(PageQueryDto, {})).toEqual([]);
    expect(refused(PageQueryDto, { limit: '200', cursor: 'abc' })).toEqual([]);
    expect(plainToInstance(PageQueryDto, { limit: '7' }).limit).toBe(7);
  });

  it.each([
    ['limit', { limit: '0' }],
    ['limit', { limit: '201' }],
    ['limit', { limit: 'all' }],
    ['cursor', { cursor: 'x'.repeat(1025) }],
    ['page', { page: '2' }],
  ])('refuses %s in %j', (field, query) => {
    expect(refused(PageQueryDto, query)).toEqual([field]);
  });
});

describe('HealthHistoryQueryDto', () => {
  it('takes nothing, and everything', () => {
    expect(refused(HealthHistoryQueryDto, {})).toEqual([]);
    const full = {
      from: '2026-01-31T08:00:00.000Z',
      to: '2026-01-31T09:00:00Z',
      node: 'a',
      limit: '10',
      cursor: 'x',
    };
    expect(refused(HealthHistoryQueryDto, full)).toEqual([]);
  });

  it.each([
    ['from', { from: 'yesterday' }],
    ['to', { to: '2026-02-30T00:00:00Z' }],
    ['node', { node: 'x'.repeat(201) }],
    ['limit', { limit: 0 }],
  ])('refuses %s in %j', (field, query) => {
    expect(refused(HealthHistoryQueryDto, query)).toEqual([field]);
  });
});

describe('HealthTimelineQueryDto', () => {
  it.each([
    [{}, []],
    [{ spanSeconds: '86400', buckets: '48' }, []],
    [{ spanSeconds: 3_599 }, ['spanSeconds']],
    [{ spanSeconds: 2_592_001 }, ['spanSeconds']],
    [{ buckets: 0 }, ['buckets']],
    [{ buckets: 289 }, ['buckets']],
  ])('answers %j with %j', (query, fields) => {
    expect(refused(HealthTimelineQueryDto, query)).toEqual(fields);
  });
});
