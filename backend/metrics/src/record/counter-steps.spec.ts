import { describe, expect, it } from '@jest/globals';
import { MetricEntry, type Series } from '../registry/series.ts';
import { counterSteps } from './counter-steps.ts';

function seriesOf(kind: 'counter' | 'gauge'): Series {
  const descriptor = {
    ...{ name: 'x', unit: '', help: '', labels: [], expectedEveryMs: null },
    ...{ kind, goodDirection: 'none' as const },
  };
  return new MetricEntry(descriptor, true, true).seriesOf({}, 10);
}

function batch(series: Series, points: [number, number][], increases?: number[]) {
  return {
    series: points.map(() => series),
    at: points.map(([at]) => at),
    values: points.map(([, value]) => value),
    ...(increases ? { increases } : {}),
  };
}

describe('counterSteps', () => {
  it('has nothing to say of a batch without counters', () => {
    expect(counterSteps(batch(seriesOf('gauge'), [[1, 2]]))).toBeNull();
  });

  it('tells nothing by the first total, then each increase, and takes a fall as a new start', () => {
    const steps = counterSteps(
      batch(seriesOf('counter'), [
        [1000, 100],
        [2000, 130],
        [4000, 5],
      ]),
    );
    expect(steps?.increase).toEqual([null, 30, 5]);
    expect(steps?.increaseMs).toEqual([null, -1000, -2000]);
  });

  it('tells which totals began anew: the first one, and those that fell', () => {
    const series = seriesOf('counter');
    const first = counterSteps(
      batch(series, [
        [1000, 100],
        [2000, 130],
        [4000, 5],
      ]),
    );
    expect([first?.restarts, first?.restarted]).toEqual([[1, null, 1], true]);
    const next = counterSteps(
      batch(series, [
        [3000, 900],
        [5000, 5],
      ]),
    );
    // An older one tells nothing, so it did not begin anything either.
    expect([next?.restarts, next?.restarted]).toEqual([[null, null], false]);
  });

  it('takes no increase of an own counter for one that began anew', () => {
    expect(counterSteps(batch(seriesOf('counter'), [[1000, 3]], [3]))?.restarted).toBe(false);
  });

  it('lets what was undone begin anew once more', () => {
    const series = seriesOf('counter');
    counterSteps(batch(series, [[1000, 10]]))?.undo();
    expect(counterSteps(batch(series, [[1000, 10]]))?.restarted).toBe(true);
  });

  it('goes on from one batch to the next, in the order of time and not of arrival', () => {
    const series = seriesOf('counter');
    counterSteps(batch(series, [[1000, 10]]));
    const steps = counterSteps(
      batch(series, [
        [3000, 40],
        [2000, 15],
      ]),
    );
    expect(steps?.increase).toEqual([25, 5]);
    const late = counterSteps(batch(series, [[2500, 20]]));
    expect(late?.increase).toEqual([null]);
  });

  it('takes the increase of an own counter as it is, from the first one on', () => {
    const series = seriesOf('counter');
    const steps = counterSteps(
      batch(
        series,
        [
          [1000, 3],
          [2000, 3],
        ],
        [3, 0],
      ),
    );
    expect(steps?.increase).toEqual([3, 0]);
    expect(steps?.increaseMs).toEqual([0, 1000]);
  });

  it('can be undone for points that were not written', () => {
    const series = seriesOf('counter');
    counterSteps(batch(series, [[1000, 10]]));
    counterSteps(batch(series, [[2000, 50]]))?.undo();
    expect(counterSteps(batch(series, [[2000, 50]]))?.increase).toEqual([40]);
  });

  it('undoes nothing once the series has gone on, so that no increase is counted twice', () => {
    const series = seriesOf('counter');
    counterSteps(batch(series, [[1000, 10]]));
    const failed = counterSteps(batch(series, [[2000, 50]]));
    expect(counterSteps(batch(series, [[3000, 60]]))?.increase).toEqual([10]);
    failed?.undo();
    expect(counterSteps(batch(series, [[4000, 65]]))?.increase).toEqual([5]);
  });
});
