import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { withDeadline } from './with-deadline.ts';

describe('withDeadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives what the work gives', async () => {
    await expect(withDeadline(Promise.resolve(7), 1000, () => new Error('late'))).resolves.toBe(7);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('passes on the failure of the work', async () => {
    await expect(
      withDeadline(Promise.reject(new Error('broken')), 1000, () => new Error('late')),
    ).rejects.toThrow('broken');
  });

  it('rejects when the work takes longer', async () => {
    const late = withDeadline(new Promise(() => undefined), 1000, () => new Error('late'));
    jest.advanceTimersByTime(1000);
    await expect(late).rejects.toThrow('late');
  });
});
