import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
  type HealthCheckResult,
  type HealthIndicatorFunction,
} from '@nestjs/terminus';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import type { HealthCheckOptions } from './health.options.ts';
import { checkerFixture, HEALTHY } from './testing/checker.fixture.ts';

Logger.overrideLogger(false);

// Each case is a service in the same trouble twice: watched by plain Terminus 12, and by this module with what it gives
// by default, or with the one option that the case is about. What a case says is that ours is right where Terminus is
// not; the last column of the table pins what Terminus does, so that the comparison is noticed to be out of date.

let context: INestApplicationContext;
beforeAll(async () => {
  context = await NestFactory.createApplicationContext(TerminusModule.forRoot({ logger: false }), {
    logger: false,
  });
});
afterAll(() => context.close());

/** What Terminus answers over HTTP: 200 with the result, or the body of its 503, or its 500. */
async function terminus(
  checks: HealthIndicatorFunction[],
): Promise<HealthCheckResult | 'error without details'> {
  try {
    return await context.get(HealthCheckService).check(checks);
  } catch (thrown) {
    const { getResponse } = thrown as { getResponse?: () => unknown };
    if (!getResponse) return 'error without details';
    return getResponse.call(thrown) as HealthCheckResult;
  }
}

const attempt = (name: string, work: () => void | Promise<void>) =>
  context.get(HealthIndicatorService).check(name).attempt(work);

/** Ours, with one component that answers one letter each second: h, d or c. */
async function ours(results: string, options: HealthCheckOptions = {}) {
  const fixture = checkerFixture();
  let next = 0;
  const words = { h: 'healthy', d: 'degraded', c: 'critical' } as const;
  const check = () => ({ status: words[(results[next++] ?? 'h') as keyof typeof words], reason: 'refused' });
  fixture.checker.register('db', check, { intervalMs: 1000, ...options });
  fixture.checker.start();
  await fixture.time.advance((results.length - 1) * 1000);
  return fixture;
}

/** What Terminus says of one component that answers one letter each second, asked each second. */
async function terminusRow(results: string): Promise<string> {
  let said = '';
  for (const letter of results) {
    const answer = await terminus([
      () =>
        attempt('db', () => {
          if (letter === 'c') throw new Error('refused');
        }),
    ]);
    said += answer !== 'error without details' && answer.status === 'ok' ? 'h' : 'c';
  }
  return said;
}

const CASES: {
  name: string;
  expected: string;
  ours: () => Promise<unknown>;
  terminus: () => Promise<unknown>;
  right: unknown;
  wrong: unknown;
}[] = [
  {
    name: 'raw throw',
    expected: 'the others are still told about',
    async ours() {
      const { checker, time } = checkerFixture();
      checker.register('broken', () => {
        throw new Error('boom');
      });
      checker.register('db', () => HEALTHY);
      checker.start();
      await time.advance(0);
      const { components } = checker.report();
      return [components['db']?.status, components['broken']?.reason];
    },
    terminus: () =>
      terminus([
        () => {
          throw new Error('boom');
        },
        () => attempt('db', () => undefined),
      ]),
    right: ['healthy', 'boom'],
    wrong: 'error without details',
  },
  {
    name: 'hang',
    expected: 'an answer comes, and names who hangs',
    async ours() {
      const { checker, time } = checkerFixture();
      checker.register('hung', () => new Promise<never>(() => undefined));
      checker.register('db', () => HEALTHY);
      const answer = checker.checkAll({ fresh: true });
      await time.advance(2000);
      const { components } = await answer;
      return [components['db']?.status, components['hung']?.reason];
    },
    async terminus() {
      const answer = terminus([() => attempt('hung', () => new Promise<void>(() => undefined))]);
      // Nothing in it waits for a clock, so it would answer within a few turns of the event loop, if ever.
      const turns = (async () => {
        for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
        return 'no answer';
      })();
      return Promise.race([answer, turns]);
    },
    right: ['healthy', 'No answer within 2000 ms.'],
    wrong: 'no answer',
  },
  {
    name: 'duplicate name',
    expected: 'the second is refused by its name, and the first is not disturbed',
    async ours() {
      const { checker, time } = checkerFixture();
      checker.register('db', () => HEALTHY);
      let refused: unknown;
      try {
        checker.register('db', () => ({ status: 'critical' }));
      } catch (thrown) {
        refused = (thrown as { code: unknown }).code;
      }
      checker.start();
      await time.advance(0);
      return [refused, checker.report().components['db']?.status];
    },
    async terminus() {
      const answer = await terminus([
        () => attempt('twin', () => undefined).cacheFor(1000),
        () =>
          attempt('twin', () => {
            throw new Error('refused');
          }).cacheFor(1000),
      ]);
      // The second never ran: it was given what was found of the first.
      return answer === 'error without details' ? answer : [answer.status, Object.keys(answer.details)];
    },
    right: ['CONFLICT', 'healthy'],
    wrong: ['ok', ['twin']],
  },
  {
    name: 'slow',
    expected: 'it is degraded before it is down',
    async ours() {
      const { checker, time } = checkerFixture();
      const slow = () =>
        new Promise<HealthCheckOutcome>((resolve) => void time.after(300, () => resolve(HEALTHY)));
      checker.register('db', slow, { latency: { degradedAboveMs: 200 } });
      checker.start();
      await time.advance(300);
      return checker.report().components['db']?.status;
    },
    async terminus() {
      const answer = await terminus([
        () => attempt('db', () => new Promise<void>((resolve) => setTimeout(resolve, 300))).withTimeout(2000),
      ]);
      return answer === 'error without details' ? answer : answer.details['db']?.status;
    },
    right: 'degraded',
    wrong: 'up',
  },
  {
    name: 'flap',
    expected: 'it is one incident: three in a row begin it, two in a row end it',
    async ours() {
      const thresholds = { failureThreshold: 3, successThreshold: 2 };
      const { ports, reader } = await ours('hccchchchhhchh', thresholds);
      const [first, ...alerts] = ports.signals.map(({ active }) => (active ? 'begins' : 'ends'));
      return [`first ${first}`, ...alerts, (await reader.history('db')).incidents.length];
    },
    async terminus() {
      const row = await terminusRow('hccchchchhhchh');
      // Whoever alerts on its answers alerts whenever they turn bad.
      return row.match(/hc/g)?.map(() => 'begins');
    },
    // The first result says that nothing is wrong.
    right: ['first ends', 'begins', 'ends', 1],
    wrong: ['begins', 'begins', 'begins', 'begins'],
  },
  {
    name: 'blip then recovery',
    expected: 'one failed check takes nothing out of service',
    async ours() {
      const { checker, time } = await ours('hc', { failureThreshold: 2 });
      const seen = [checker.ready];
      await time.advance(1000);
      return [...seen, checker.ready];
    },
    async terminus() {
      let well = false;
      const ask = async () => {
        const answer = await terminus([
          () =>
            attempt('blip', () => {
              if (!well) throw new Error('refused');
            }).cacheFor(10_000),
        ]);
        return answer !== 'error without details' && answer.status === 'ok';
      };
      const seen = [await ask()];
      well = true;
      // It is well again, and the cache goes on to say that it is not.
      return [...seen, await ask()];
    },
    right: [true, true],
    wrong: [false, false],
  },
  {
    name: 'database down',
    expected: 'afterwards it is known that it was down, since when, for how long and why',
    async ours() {
      const { reader } = await ours('hhccccchh');
      const [incident] = (await reader.history('db')).incidents;
      return incident && [incident.begin, incident.durationMs, incident.worst, incident.reason];
    },
    async terminus() {
      await terminusRow('hhccccch');
      const answer = await terminus([() => attempt('db', () => undefined)]);
      return answer === 'error without details' ? answer : [answer.status, answer.details['db']?.status];
    },
    right: ['2026-01-01T00:00:02.000Z', 5000, 'critical', 'refused'],
    wrong: ['ok', 'up'],
  },
  {
    name: 'optional dependency down',
    expected: 'the service stays in rotation, degraded',
    async ours() {
      const { checker } = await ours('hc', { criticality: 'optional' });
      return [checker.ready, checker.report().overallStatus];
    },
    terminus: () => terminusRow('hc'),
    right: [true, 'degraded'],
    wrong: 'hc',
  },
];

describe('the same trouble, beside plain Terminus', () => {
  it.each(CASES)('$name: $expected', async ({ ours: watch, terminus: plain, right, wrong }) => {
    expect(await watch()).toEqual(right);
    expect(await plain()).toEqual(wrong);
  });
});
