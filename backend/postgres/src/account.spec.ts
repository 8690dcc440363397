import { describe, expect, it } from '@jest/globals';
import { mayUse, serverAccount } from './account.ts';

const account = { uid: 65534, gid: 65534 };

describe('the account of the server', () => {
  it('is an unprivileged one when root starts it', () => {
    expect(serverAccount(0)).toEqual(account);
  });

  it('is the calling user itself otherwise', () => {
    expect(serverAccount(1000)).toBeUndefined();
    expect(serverAccount(undefined)).toBeUndefined();
  });
});

describe('mayUse', () => {
  it('reads the bits of everybody for a file of somebody else', () => {
    expect(mayUse(account, { uid: 0, gid: 0, mode: 0o711 }, 1)).toBe(true);
    expect(mayUse(account, { uid: 0, gid: 0, mode: 0o711 }, 5)).toBe(false);
    expect(mayUse(account, { uid: 0, gid: 0, mode: 0o770 }, 1)).toBe(false);
  });

  it('reads the bits of the owner for its own file, even where others have more', () => {
    expect(mayUse(account, { uid: 65534, gid: 0, mode: 0o100 }, 1)).toBe(true);
    expect(mayUse(account, { uid: 65534, gid: 0, mode: 0o077 }, 1)).toBe(false);
  });

  it('reads the bits of the group for a file of its group', () => {
    expect(mayUse(account, { uid: 0, gid: 65534, mode: 0o050 }, 5)).toBe(true);
    expect(mayUse(account, { uid: 0, gid: 65534, mode: 0o705 }, 5)).toBe(false);
  });
});
