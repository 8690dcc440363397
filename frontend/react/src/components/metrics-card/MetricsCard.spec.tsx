import { createRef, Profiler } from 'react';
import { act, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { walk } from '../../testing/series.ts';
import { MetricsCard, type MetricsCardProps } from './MetricsCard.tsx';

const NOW = '2026-01-15T14:07:12Z';
const points = walk({ seed: 1, from: 12, to: 37 });

function show(props: Partial<MetricsCardProps> = {}): HTMLElement {
  render(<MetricsCard title="Queue depth" value={37} timeZone="UTC" now={NOW} {...props} />);
  return screen.getByRole('group', { name: props.title ?? 'Queue depth' });
}
const valueOf = (card: HTMLElement): string | null | undefined =>
  card.querySelector('.fd-metric-value')?.textContent;
const trendOfCard = (card: HTMLElement): string | null | undefined =>
  card.querySelector('.fd-metric-trend')?.textContent;

afterEach(() => {
  jest.useRealTimers();
});

describe('the value of a MetricsCard', () => {
  it.each([
    [0, '0 msg'],
    [-0.0001, '0 msg'],
    [1284, '1,284 msg'],
  ])('of %d is a value', (value, text) => {
    const card = show({ value, unit: 'msg' });
    expect(valueOf(card)).toBe(text);
    expect(card).toHaveAttribute('data-state', 'ready');
    expect(card).not.toHaveTextContent('No data');
  });

  it.each([[null], [undefined], [NaN], [Infinity]])('of %s is no data, and never healthy', (value) => {
    const card = show({ value, status: 'healthy', baseline: 3 });
    expect(card).toHaveAttribute('data-state', 'empty');
    expect(card).toHaveAttribute('data-tone', 'unknown');
    expect(card).toHaveTextContent('No data');
    expect(card).toHaveTextContent('Unknown');
    expect(card).not.toHaveTextContent('NaN');
  });

  it('that is missing hides no alarm', () => {
    expect(show({ value: null, status: 'critical' })).toHaveAttribute('data-tone', 'critical');
  });

  it('is hidden when the caller says that there is none', () => {
    expect(show({ value: 5, state: 'empty' })).toHaveTextContent('No data');
  });

  it('stays, marked, when it could not be read again', () => {
    const card = show({
      state: 'error',
      errorMessage: 'The database does not answer.',
      status: 'healthy',
      baseline: 1,
    });
    expect(valueOf(card)).toBe('37');
    expect(card).toHaveTextContent('Last known value. The database does not answer.');
    expect(card).toHaveAttribute('data-state', 'error');
    expect(card).toHaveAttribute('data-tone', 'unknown');
    expect(trendOfCard(card)).toBeUndefined();
  });

  it('that never came says why', () => {
    const card = show({ state: 'error', value: null });
    expect(card).toHaveTextContent('The value could not be read.');
    expect(card).not.toHaveTextContent('Last known');
  });

  it('is awaited with a placeholder, and the card says that it is busy', () => {
    const card = show({ state: 'loading', value: undefined, status: 'healthy', points });
    expect(card).toHaveAttribute('aria-busy', 'true');
    expect(card).toHaveTextContent('Loading');
    expect(card.querySelector('.fd-badge')).toBeNull();
    expect(card).not.toHaveAttribute('data-tone', 'unknown');
  });

  it('that is known is shown while another one is awaited', () => {
    const card = show({ state: 'loading', value: 0 });
    expect(valueOf(card)).toBe('0');
    expect(card).not.toHaveAttribute('aria-busy');
  });
});

describe('the trend of a MetricsCard', () => {
  it.each([
    [{ value: 842, baseline: 597, goodDirection: 'down', baselineLabel: '1 h' }, 'up +41% worse vs 1 h'],
    [{ value: 842, baseline: 597, goodDirection: 'up', baselineLabel: '1 h' }, 'up +41% better vs 1 h'],
    [{ value: 1284, baseline: 1245, baselineLabel: '1 h' }, 'up +3.1% vs 1 h'],
    [{ value: 31, baseline: 55, goodDirection: 'down' }, 'down -44% better'],
    [{ value: 36, baseline: 3, goodDirection: 'down', baselineLabel: '1 h' }, 'up 12× worse vs 1 h'],
    [{ value: 3, baseline: 0, goodDirection: 'down', baselineLabel: '1 h' }, 'up from 0, worse vs 1 h'],
    [{ value: 1e9, baseline: 1 }, 'up 1B×'],
    [{ value: 3, baseline: 0 }, 'up from 0'],
    [{ value: 0, baseline: 0, baselineLabel: '1 h' }, 'no change vs 1 h'],
  ] as const)('of %j reads %s', (props, text) => {
    expect(trendOfCard(show(props))).toBe(text);
  });

  it.each([[null], [undefined], [NaN]])('is not there with a baseline of %s', (baseline) => {
    expect(trendOfCard(show({ baseline }))).toBeUndefined();
  });
});

describe('the sparkline of a MetricsCard', () => {
  it('is told in words and hidden from readers', () => {
    const card = show({ points, unit: 'msg' });
    expect(card).toHaveTextContent(/min [\d.]+ msg, max [\d.]+ msg, now 37 msg, rising/);
    expect(card.querySelectorAll('svg:not([aria-hidden="true"])')).toHaveLength(0);
  });

  it('says when its newest value is missing', () => {
    expect(show({ points: [...points, { start: NOW, value: null }] })).toHaveTextContent(
      'newest value missing',
    );
  });

  it('has no words without values, and is not there without points', () => {
    const card = show({ points: [] });
    expect(card).not.toHaveTextContent('min');
    expect(card.querySelector('.fd-spark')).not.toBeNull();
    expect(show({ title: 'Other' }).querySelector('.fd-spark')).toBeNull();
  });
});

describe('a sparkline that nobody sees', () => {
  let tell: (target: Element, isIntersecting: boolean) => void = () => undefined;
  const line = (): string | null | undefined => document.querySelector('.fd-spark-line')?.getAttribute('d');
  const watched = new Set<Element>();

  it('is not drawn until it is seen, while its words go on', () => {
    globalThis.IntersectionObserver = class {
      constructor(callback: IntersectionObserverCallback) {
        tell = (target, isIntersecting) =>
          act(() =>
            callback(
              [{ target, isIntersecting } as IntersectionObserverEntry],
              this as unknown as IntersectionObserver,
            ),
          );
      }
      observe(target: Element): void {
        watched.add(target);
      }
      unobserve(target: Element): void {
        watched.delete(target);
      }
    } as unknown as typeof IntersectionObserver;
    const card = (values: typeof points) => <MetricsCard title="Queue depth" value={1} points={values} />;
    const { rerender, unmount } = render(card(points));
    const [svg] = watched;
    const before = line();
    tell(svg!, false);
    rerender(card(walk({ seed: 5, from: 900, to: 20 })));
    expect(line()).toBe(before);
    expect(screen.getByRole('group')).toHaveTextContent('now 20');
    tell(svg!, true);
    expect(line()).not.toBe(before);
    unmount();
    expect(watched.size).toBe(0);
    Reflect.deleteProperty(globalThis, 'IntersectionObserver');
  });
});

describe('a MetricsCard', () => {
  it('is hatched, unknown and dated once its value is old', () => {
    const card = show({
      asOf: '2026-01-15T14:01:12Z',
      staleAfterMs: 60_000,
      status: 'healthy',
      points,
      footer: 'foot',
    });
    expect(card).toHaveAttribute('data-stale', 'true');
    expect(card).toHaveAttribute('data-tone', 'unknown');
    expect(card).toHaveTextContent('last seen 14:01:12 (6 min)');
    expect(card).toHaveTextContent('was Healthy');
    expect(valueOf(card)).toBe('37');
  });

  it('is as stale as its source says, whatever its age is', () => {
    expect(show({ stale: true, status: 'healthy' })).toHaveTextContent('Last known value.');
    expect(show({ title: 'Empty', stale: true, value: null })).toHaveTextContent('never seen');
    const dated = show({ title: 'Dated', stale: true, asOf: '2026-01-15T14:07:11Z' });
    expect(dated).toHaveTextContent('last seen 14:07:11 (1 sec)');
    expect(dated).toHaveAttribute('data-stale', 'true');
  });

  it('hides an old alarm no better than an old calm', () => {
    const card = show({ asOf: '2026-01-15T14:01:12Z', staleAfterMs: 60_000, status: 'critical' });
    expect(card).toHaveAttribute('data-tone', 'unknown');
  });

  it('grows stale by itself, and renders for nothing else that the clock does', () => {
    jest.useFakeTimers({ now: Date.parse(NOW) });
    const commits = jest.fn();
    render(
      <Profiler id="card" onRender={commits}>
        <MetricsCard title="Queue depth" value={1} asOf={NOW} staleAfterMs={10_000} />
      </Profiler>,
    );
    act(() => jest.advanceTimersByTime(10_000));
    expect(commits).toHaveBeenCalledTimes(1);
    act(() => jest.advanceTimersByTime(1000));
    expect(commits).toHaveBeenCalledTimes(2);
    expect(screen.getByRole('group')).toHaveAttribute('data-stale', 'true');
  });

  it('does not render again for props that are the same', () => {
    const format = jest.fn((value: number) => String(value));
    const { rerender } = render(
      <MetricsCard title="Queue depth" value={1} points={points} format={format} />,
    );
    const before = format.mock.calls.length;
    rerender(<MetricsCard title="Queue depth" value={1} points={points} format={format} />);
    expect(format).toHaveBeenCalledTimes(before);
    rerender(<MetricsCard title="Queue depth" value={2} points={points} format={format} />);
    expect(format.mock.calls.slice(before)).toEqual([[2, { locale: 'en', unit: '' }]]);
  });

  it('is a group with a heading of the level that is asked for', () => {
    const card = show({ headingLevel: 4 });
    expect(within(card).getByRole('heading', { level: 4, name: 'Queue depth' })).toBeInTheDocument();
  });

  it('has ids of its own however many there are', () => {
    const { container } = render(
      <>
        <MetricsCard title="A" value={1} points={points} />
        <MetricsCard title="B" value={1} points={points} />
      </>,
    );
    const ids = [...container.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(screen.getByRole('group', { name: 'A' })).not.toBe(screen.getByRole('group', { name: 'B' }));
  });

  it('has no live region and no tab stop', () => {
    const card = show({ points, status: 'critical', baseline: 1 });
    expect(card.querySelector('[role="status"],[role="alert"],[aria-live],[tabindex],a,button')).toBeNull();
  });

  it('shows the status in other words when it is given some', () => {
    const card = show({ status: 'in_progress', statusLabel: 'Draining' });
    expect(card).toHaveTextContent('Draining');
    expect(card).toHaveAttribute('data-tone', 'progress');
  });

  it('passes ref, class name and DOM props to its element', () => {
    const ref = createRef<HTMLElement>();
    const card = show({ ref, className: 'mine', dir: 'rtl', density: 'wall', id: 'card' });
    expect(ref.current).toBe(card);
    expect(card).toHaveClass('fd-metric', 'mine');
    expect(card).toHaveAttribute('dir', 'rtl');
    expect(card).toHaveAttribute('data-density', 'wall');
  });

  it.each([
    [{ baseline: 3, points, status: 'critical', goodDirection: 'down', baselineLabel: '1' }],
    [{ baseline: 0, goodDirection: 'up' }],
    [{ baseline: 37 }],
    [{ value: null }],
    [{ state: 'error' }],
    [{ state: 'loading', value: null }],
    [{ asOf: '2026-01-15T14:01:12Z', staleAfterMs: 1, status: 'healthy' }],
  ] as const)('has no English word left in another language with %j', (props) => {
    const card = show({ title: '⟦⟧', ...props, messages: pseudoMessages, locale: 'ja' });
    expect(card.textContent).not.toMatch(/[a-z]{2,}/i);
  });
});

describe('a MetricsCard with thresholds', () => {
  const thresholds = [
    { status: 'degraded', above: 600, recover: 500 },
    { status: 'critical', above: 900 },
  ];
  const tone = (): string | null => screen.getByRole('group').getAttribute('data-tone');

  it('takes its status from the raw value, says why, and holds it until the recovery', () => {
    const card = (value: number) => (
      <MetricsCard title="p95" value={value} unit="ms" thresholds={thresholds} />
    );
    const { rerender } = render(card(610));
    expect(tone()).toBe('degraded');
    expect(screen.getByRole('group')).toHaveTextContent('above 600 ms');
    rerender(card(550));
    expect(tone()).toBe('degraded');
    rerender(card(499));
    expect(tone()).toBe('healthy');
  });

  it('shows why it has its status to those who see it, and says it once', () => {
    const { container, rerender } = render(<MetricsCard title="p95" value={950} thresholds={thresholds} />);
    const foot = (): Element | null => container.querySelector('.fd-metric-foot');
    expect(foot()).toHaveTextContent(/^above 900$/);
    expect(foot()?.firstElementChild).toHaveAttribute('aria-hidden', 'true');
    rerender(<MetricsCard title="p95" value={950} status="degraded" reason="Disk is full" />);
    expect(foot()).toHaveTextContent('Disk is full');
    rerender(<MetricsCard title="p95" value={950} status="degraded" reason="Disk is full" stale />);
    expect(foot()).not.toHaveTextContent('Disk is full');
  });

  it('leaves a status that is given alone', () => {
    render(<MetricsCard title="p95" value={950} status="degraded" thresholds={thresholds} />);
    expect(tone()).toBe('degraded');
    render(
      <MetricsCard title="low" value={1} thresholds={[{ status: 'critical', below: 2 }]} reason="mine" />,
    );
    expect(screen.getAllByRole('group')[1]).toHaveTextContent('mine');
  });
});

describe('a MetricsCard that opens', () => {
  const points = walk({ seed: 3, from: 1, to: 9 });

  it("can be open at first, and is then the reader's", async () => {
    const onOpenChange = jest.fn();
    render(<MetricsCard title="CPU" value={9} points={points} openable defaultOpen {...{ onOpenChange }} />);
    const button = screen.getByRole('button', { name: 'Trend of CPU', expanded: true });
    await userEvent.click(button);
    expect(onOpenChange.mock.calls).toEqual([[false]]);
    expect(button).toHaveAttribute('aria-expanded', 'false');
  });

  it('loads its trend when it is opened, and closes again', async () => {
    const onOpenChange = jest.fn();
    render(
      <MetricsCard
        {...{ title: 'CPU', value: 9, points, openable: true, onOpenChange }}
        thresholds={[{ status: 'degraded', above: 5, below: 1 }]}
      />,
    );
    const button = screen.getByRole('button', { name: 'Trend of CPU' });
    expect(screen.queryByRole('figure')).toBeNull();
    await userEvent.click(button);
    expect(
      await screen.findByRole('figure', { name: 'Trend of CPU' }, { timeout: 20_000 }),
    ).toBeInTheDocument();
    await userEvent.click(button);
    expect(screen.queryByRole('figure')).toBeNull();
    expect(onOpenChange.mock.calls).toEqual([[true], [false]]);
  });

  it.each([
    ['is outdated', { stale: true }],
    ['could not be read', { state: 'error' }],
  ] as const)('opens to a trend that is hatched at its end when it %s', async (_, props) => {
    render(<MetricsCard title="CPU" value={9} points={points} openable open {...props} />);
    const trend = await screen.findByRole('figure', { name: 'Trend of CPU' }, { timeout: 20_000 });
    expect(trend).toHaveAttribute('data-stale', 'true');
  });

  it('has no button without points to show, and none unless it is asked for', () => {
    render(<MetricsCard title="CPU" value={9} openable />);
    render(<MetricsCard title="CPU" value={9} points={points} />);
    expect(screen.queryByRole('button')).toBeNull();
  });
});
