import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createConnection } from './connection.ts';

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

describe('createConnection', () => {
  it('asks below the base path, and makes no connection before anybody listens', async () => {
    const send = jest.fn((_url: string, _init: unknown) =>
      Promise.resolve({ ok: true, text: () => Promise.resolve('{}') }),
    );
    globalThis.fetch = send as unknown as typeof fetch;
    const { basePath, http, socket } = createConnection('/portal');
    await http.get('/session');
    expect(send).toHaveBeenCalledWith('/portal/api/v1/session', expect.anything());
    expect(basePath).toBe('/portal');
    expect(socket.getSnapshot()).toMatchObject({ state: 'connecting', clientId: null });
  });
});
