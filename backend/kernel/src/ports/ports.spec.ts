import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import * as kernel from '../index.ts';
import { ContributesHealth, HEALTH_CONTRIBUTOR } from './health.port.ts';
import { emptyPortNotice, KNOWN_PORTS } from './known-ports.ts';

describe('ports', () => {
  it('have tokens that two copies of the package share', () => {
    const tokens = Object.entries(kernel).filter(([, value]) => typeof value === 'symbol');
    expect(tokens.length).toBeGreaterThanOrEqual(9);
    for (const [name, token] of tokens) expect(token).toBe(Symbol.for(`@fleetdeck/kernel/${name}`));
  });

  it.each(KNOWN_PORTS.map(({ token, name, filledBy }) => [name, filledBy, token] as const))(
    'say of an empty %s that %s fills it',
    (name, filledBy, token) => {
      expect(emptyPortNotice(token, 'nothing is sent')).toBe(
        `No ${name} is installed, so nothing is sent. Import ${filledBy} to have it.`,
      );
    },
  );

  it('say something sensible of a port that nobody lists', () => {
    expect(emptyPortNotice(Symbol.for('mine'), 'nothing is sent')).toBe(
      'No Symbol(mine) is installed, so nothing is sent. Import a module that provides it to have it.',
    );
  });

  it('mark a contributor so that the health module finds it', () => {
    @ContributesHealth()
    class Contributor {}
    expect(Reflect.getMetadata(HEALTH_CONTRIBUTOR, Contributor)).toBe(true);
  });
});
