import { describe, expect, it } from '@jest/globals';
import { isRole, roleAtLeast, ROLES } from './access.ts';

describe('roles', () => {
  it.each(ROLES)('knows %s as a role', (role) => {
    expect(isRole(role)).toBe(true);
  });

  it.each([['root'], [''], ['Admin'], [undefined], [null], [1], [['viewer']]])(
    'does not know %p as a role',
    (value) => {
      expect(isRole(value)).toBe(false);
    },
  );

  it('lets a role do what it and the lesser ones may, and nothing more', () => {
    const allowed = ROLES.map((role) => ROLES.filter((least) => roleAtLeast(role, least)));
    expect(allowed).toEqual([['viewer'], ['viewer', 'operator'], ['viewer', 'operator', 'admin']]);
  });
});
