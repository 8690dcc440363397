import { renderHook, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BroadcastCodeName } from '@fleetdeck/dto';
import { FakeService } from '../testing/fake-service.ts';
import { useDenied } from './useDenied.ts';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
});
afterEach(() => {
  service.socket.close();
});

async function deniedWith(code: BroadcastCodeName): Promise<jest.Mock> {
  const onDenied = jest.fn();
  renderHook(() => useDenied(service.socket, onDenied));
  await waitFor(() => expect(service.connected).toBe(true));
  expect(onDenied).not.toHaveBeenCalled();
  service.closeSocket(code);
  await waitFor(() => expect(service.connected).toBe(false));
  return onDenied;
}

describe('useDenied', () => {
  it.each(['SESSION_EXPIRED', 'UNAUTHENTICATED'] as const)(
    'calls back when the socket is closed for want of a session: %s',
    async (code) => {
      expect(await deniedWith(code)).toHaveBeenCalledTimes(1);
    },
  );

  it.each(['FORBIDDEN', 'ORIGIN_REFUSED', 'OVERLOADED'] as const)(
    'does not when the socket is closed for another reason: %s',
    async (code) => {
      expect(await deniedWith(code)).not.toHaveBeenCalled();
    },
  );

  it('hears nothing any more once it is left', async () => {
    const onDenied = jest.fn();
    const { unmount } = renderHook(() => useDenied(service.socket, onDenied));
    await waitFor(() => expect(service.connected).toBe(true));
    unmount();
    service.closeSocket('SESSION_EXPIRED');
    expect(onDenied).not.toHaveBeenCalled();
  });
});
