import { describe, expect, it } from '@jest/globals';
import type { StatusFamily } from '@fleetdeck/dto';
import { endOfWatch, RUN_LOST_AFTER_MS, segmentsOf } from './segments.ts';
import { bucketsOf, incidentsOf, uptimeOf } from './summaries.ts';
import type { HealthRun, SeenTransition } from './transition.ts';

const NOW = 1_000_000;

function run(id: string, over: Partial<HealthRun> = {}): HealthRun {
  return { id, node: id, startedAt: 0, seenAt: NOW, endedAt: null, ...over };
}

/** Transitions of one run: at a moment, into a status, with a reason. */
function saw(
  of: HealthRun,
  ...changes: [at: number, to: StatusFamily | null, reason?: string][]
): SeenTransition[] {
  return changes.map(([at, to, reason = null], index) => ({
    ...{ component: 'db', sequence: index + 1, at, to, reason, run: of },
    from: changes[index - 1]?.[1] ?? 'unknown',
  }));
}

const written = (transitions: SeenTransition[]) =>
  segmentsOf(transitions, NOW).map(
    ({ from, to, status, nodes }) => `${from}-${to} ${status} ${nodes.join('+')}`,
  );

describe('endOfWatch', () => {
  it('is when the last replica left the component, and none while one watches or was only stopped', () => {
    const left = saw(run('a'), [100, 'critical'], [400, null]);
    expect(endOfWatch(left, NOW)).toBe(400);
    expect(endOfWatch([...left, ...saw(run('b'), [100, 'healthy'])], NOW)).toBeNull();
    expect(endOfWatch([...left, ...saw(run('b', { endedAt: 300 }), [100, 'healthy'])], NOW)).toBe(400);
    expect(endOfWatch([...left, ...saw(run('b', { endedAt: 500 }), [100, 'healthy'])], NOW)).toBeNull();
    expect(endOfWatch(saw(run('a', { endedAt: 500 }), [100, 'critical']), NOW)).toBeNull();
  });
});

describe('segmentsOf', () => {
  it('holds each status until the next, and the last until now', () => {
    expect(written(saw(run('a'), [100, 'healthy'], [200, 'critical'], [300, 'healthy']))).toEqual([
      ...['100-200 healthy a', '200-300 critical a', `300-${NOW} healthy a`],
    ]);
  });

  it('knows nothing after a run ended, was lost, or stopped watching', () => {
    expect(written(saw(run('a', { endedAt: 500 }), [100, 'healthy']))).toEqual(['100-500 healthy a']);
    const lost = run('a', { seenAt: NOW - RUN_LOST_AFTER_MS - 1 });
    expect(written(saw(lost, [100, 'healthy']))).toEqual([`100-${lost.seenAt} healthy a`]);
    const late = run('a', { seenAt: NOW - RUN_LOST_AFTER_MS });
    expect(written(saw(late, [100, 'healthy']))).toEqual([`100-${NOW} healthy a`]);
    expect(written(saw(run('a'), [100, 'healthy'], [400, null]))).toEqual(['100-400 healthy a']);
    expect(written(saw(run('a'), [100, 'critical'], [400, 'unknown'], [600, 'healthy']))).toEqual([
      ...['100-400 critical a', `600-${NOW} healthy a`],
    ]);
  });

  it('takes the last word of a run whose clock was ahead for as long as that of one that was lost', () => {
    for (const over of [{ seenAt: 10 * NOW }, { endedAt: 10 * NOW }]) {
      expect(written(saw(run('a', over), [100, 'healthy'], [200, 'critical']))).toEqual([
        ...['100-200 healthy a', `200-${200 + RUN_LOST_AFTER_MS} critical a`],
      ]);
    }
    const hardly = run('a', { seenAt: NOW + RUN_LOST_AFTER_MS });
    expect(written(saw(hardly, [100, 'healthy']))).toEqual([`100-${NOW} healthy a`]);
  });

  it('takes the worst that any replica saw at a moment, with those that saw it', () => {
    const a = saw(run('a', { endedAt: 1000 }), [0, 'healthy'], [300, 'critical'], [600, 'healthy']);
    const b = saw(run('b', { endedAt: 1000 }), [100, 'healthy'], [500, 'degraded'], [800, 'healthy']);
    expect(written([...b, ...a])).toEqual([
      ...['0-100 healthy a', '100-300 healthy a+b', '300-600 critical a', '600-800 degraded b'],
      '800-1000 healthy a+b',
    ]);
  });

  it('takes the reason of the replica that saw a status first', () => {
    const a = saw(run('a', { endedAt: 900 }), [200, 'critical', 'second']);
    const b = saw(run('b', { endedAt: 900 }), [100, 'critical', 'first']);
    expect(segmentsOf([...a, ...b], NOW).map(({ reason }) => reason)).toEqual(['first', 'first']);
  });

  it('ignores what a clock that went back turned around', () => {
    expect(written(saw(run('a', { endedAt: 900 }), [500, 'healthy'], [400, 'critical']))).toEqual([
      '400-900 critical a',
    ]);
    expect(written(saw(run('a'), [NOW + 5, 'healthy']))).toEqual([]);
  });
});

describe('uptimeOf', () => {
  const segments = segmentsOf(
    saw(run('a', { endedAt: 900 }), [100, 'healthy'], [500, 'degraded'], [700, 'critical'], [800, 'healthy']),
    NOW,
  );

  it('counts by time what is not critical, and tells apart what is not known', () => {
    expect(uptimeOf(segments, 0, 1000)).toEqual({
      percent: 87.5,
      healthyMs: 500,
      degradedMs: 200,
      criticalMs: 100,
      unknownMs: 200,
    });
  });

  it('cuts at the edges of the span', () => {
    expect(uptimeOf(segments, 750, 850)).toMatchObject({ percent: 50, criticalMs: 50, unknownMs: 0 });
  });

  it('is no number when nothing is known', () => {
    expect(uptimeOf(segments, 900, 1000)).toMatchObject({ percent: null, unknownMs: 100 });
    expect(uptimeOf([], 0, 0)).toMatchObject({ percent: null, unknownMs: 0 });
  });
});

describe('incidentsOf', () => {
  it('makes one of a stay outside healthy, whatever lies between', () => {
    const transitions = [
      ...saw(
        run('a', { endedAt: 500 }),
        ...(
          [
            [0, 'healthy'],
            [100, 'degraded', 'slow'],
            [200, 'critical', 'gone'],
          ] as const
        ).map((each) => [...each] as [number, StatusFamily, string?]),
        [300, 'unknown'],
        [400, 'degraded', 'slow'],
      ),
      ...saw(
        run('b', { startedAt: 600 }),
        [650, 'degraded', 'slow'],
        [700, 'healthy'],
        [900, 'critical', 'again'],
      ),
    ];
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(incidentsOf(segmentsOf(transitions, 1000), 1000)).toEqual([
      { begin: iso(900), end: null, durationMs: 100, worst: 'critical', reason: 'again', nodes: ['b'] },
      {
        begin: iso(100),
        end: iso(700),
        durationMs: 600,
        worst: 'critical',
        reason: 'gone',
        nodes: ['a', 'b'],
      },
    ]);
  });

  it('knows of none where nothing was outside healthy', () => {
    expect(incidentsOf(segmentsOf(saw(run('a'), [0, 'healthy']), NOW), NOW)).toEqual([]);
  });
});

describe('bucketsOf', () => {
  it('tells the worst of each piece, why, and how much of it is not known', () => {
    const segments = segmentsOf(
      saw(
        run('a', { seenAt: 450 }),
        [150, 'healthy'],
        [190, 'critical', 'gone'],
        [210, 'degraded', 'slow'],
        [350, 'healthy'],
      ),
      450,
    );
    expect(bucketsOf(segments, { from: 0, to: 500, count: 5, now: 450 })).toEqual([
      { status: 'unknown', inStatusMs: 100, unknownMs: 100, reason: null },
      { status: 'critical', inStatusMs: 10, unknownMs: 50, reason: 'gone' },
      { status: 'critical', inStatusMs: 10, unknownMs: 0, reason: 'gone' },
      { status: 'degraded', inStatusMs: 50, unknownMs: 0, reason: 'slow' },
      { status: 'healthy', inStatusMs: 50, unknownMs: 0, reason: null },
    ]);
  });
});
