import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { manyEvents, someEvents } from '../../testing/events.ts';

// What can be loaded; the rest fails, as where the network is gone.
let online = false;
const part = (parts: Record<string, (props: never) => unknown>) => () => {
  if (!online) throw new TypeError('Failed to fetch dynamically imported module');
  return parts;
};
jest.unstable_mockModule('./ExportRun.tsx', part({ ExportRun: () => <i data-testid="run" /> }));
const { TimelineExport } = await import('./TimelineExport.tsx');
jest.unstable_mockModule(
  './TimelineEffects.tsx',
  part({ TimelineEffects: () => <i data-testid="effects" />, TimelineExport: TimelineExport }),
);
jest.unstable_mockModule(
  './VirtualEntryList.tsx',
  part({ VirtualEntryList: () => <i data-testid="virtual" /> }),
);
const { Timeline } = await import('./Timeline.tsx');

const advance = (ms: number): Promise<unknown> => act(() => jest.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  online = false;
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a Timeline whose parts cannot be loaded', () => {
  it('shows all entries as a plain list, and goes on once they can be', async () => {
    render(<Timeline title="Events" entries={manyEvents(250)} />);
    await advance(100);
    expect(document.querySelectorAll('.fd-entry')).toHaveLength(250);
    online = true;
    await advance(30_000);
    expect(screen.getByTestId('virtual')).toBeInTheDocument();
    expect(screen.getByTestId('effects')).toBeInTheDocument();
  });

  it('says that an export failed, and exports at the next try', async () => {
    online = true;
    render(<Timeline title="Events" entries={someEvents} />);
    await advance(100);
    online = false;
    for (const time of [1, 2]) {
      fireEvent.click(screen.getByRole('button', { name: 'CSV' }));
      await advance(100 * time);
      expect(screen.getByText('The export failed. Try again.')).toBeInTheDocument();
    }
    online = true;
    fireEvent.click(screen.getByRole('button', { name: 'CSV' }));
    await advance(100);
    expect(screen.getByTestId('run')).toBeInTheDocument();
  });
});
