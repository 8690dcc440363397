import { describe, expect, it } from '@jest/globals';
import * as client from './index.ts';

describe('@fleetdeck/client', () => {
  it('exports what it promises and nothing else', () => {
    expect(Object.keys(client).sort()).toEqual([
      ...['ContextStore', 'FleetdeckHttpError', 'HttpClient', 'MAX_CONTEXT_ID_LENGTH', 'WebSocketManager'],
      ...['browserHost', 'isContextId'],
    ]);
  });
});
