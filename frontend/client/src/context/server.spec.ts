/** @jest-environment node */
import { describe, expect, it } from '@jest/globals';
import { browserHost } from './context-host.ts';
import { ContextStore } from './context-store.ts';

describe('on a server', () => {
  it('a store has its default and touches nothing', () => {
    const store = new ContextStore({ app: 'shop', defaultId: 'a' });
    expect(store.getSnapshot()).toMatchObject({ id: 'a', source: 'default', pinned: false });
    browserHost().setParameter('context', 'x');
    browserHost().announce('x', store);
    store.close();
    expect(browserHost().session()).toBeNull();
  });
});
