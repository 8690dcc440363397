import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { lazyPart, useLazyPart, type LazyPart } from './lazyPart.ts';

const settle = (): Promise<void> => act(() => Promise.resolve());
const Drawn = ({ part, wanted = true }: { part: LazyPart<string>; wanted?: boolean }) =>
  useLazyPart(part, wanted).part ?? 'none';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a part that is loaded late', () => {
  it('is loaded once it is wanted, once for all who want it', async () => {
    const load = jest.fn(() => Promise.resolve('part'));
    const part = lazyPart(load);
    const { container, rerender } = render(<Drawn part={part} wanted={false} />);
    expect(load).not.toHaveBeenCalled();
    rerender(
      <>
        <Drawn part={part} />
        <Drawn part={part} />
      </>,
    );
    await settle();
    expect(container).toHaveTextContent('partpart');
    void part.load();
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is tried again when it is wanted again, and each half minute while it is wanted', async () => {
    const load = jest.fn(() => Promise.reject<string>(new Error('offline')));
    const part = lazyPart(load);
    const { container, rerender } = render(<Drawn part={part} />);
    await settle();
    expect(part.get().part).toBeNull();
    rerender(<Drawn part={part} wanted={false} />);
    rerender(<Drawn part={part} />);
    await settle();
    expect(load).toHaveBeenCalledTimes(2);
    await act(() => jest.advanceTimersByTimeAsync(30_000));
    expect(load).toHaveBeenCalledTimes(3);
    load.mockResolvedValue('part');
    await act(() => jest.advanceTimersByTimeAsync(30_000));
    expect(container).toHaveTextContent('part');
    await act(() => jest.advanceTimersByTimeAsync(300_000));
    expect(load).toHaveBeenCalledTimes(4);
  });
});
