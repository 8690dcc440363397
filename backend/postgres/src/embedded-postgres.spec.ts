import { describe, expect, it } from '@jest/globals';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { settleOptions } from './embedded-postgres.ts';
import type { EmbeddedPostgresOptions } from './embedded-postgres.options.ts';

function refusal(options: Partial<EmbeddedPostgresOptions>): string {
  try {
    settleOptions({ dataDir: '/d', ...options });
  } catch (error) {
    if (error instanceof EmbeddedPostgresError && error.code === 'INVALID_OPTION') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('the options', () => {
  it('have defaults for all but the data folder', () => {
    const settled = settleOptions({ dataDir: '/d' });
    expect(settled).toMatchObject({
      startTimeoutMs: 30_000,
      stopTimeoutMs: 10_000,
      database: 'fleetdeck',
      settings: {},
    });
    expect(() => settled.log('nobody listens')).not.toThrow();
    expect(() => settled.onNotice('nobody listens')).not.toThrow();
  });

  it('are refused by name when they could not work', () => {
    expect(refusal({ dataDir: '' })).toMatch(/^dataDir is empty/);
    expect(refusal({ startTimeoutMs: 0 })).toMatch(/^startTimeoutMs is 0; give a number of milliseconds/);
    expect(refusal({ stopTimeoutMs: Number.NaN })).toMatch(/^stopTimeoutMs is NaN/);
    expect(refusal({ database: '' })).toMatch(/^database "" is no name/);
    expect(refusal({ database: 'a'.repeat(64) })).toMatch(/give 1 to 63 letters/);
    expect(refusal({ database: 'a/b' })).toMatch(/is no name/);
    expect(refusal({ settings: { 'fsync; DROP': 'off' } })).toMatch(/is no setting of PostgreSQL/);
    expect(refusal({ settings: { work_mem: '1\0' } })).toMatch(/is no setting of PostgreSQL/);
    expect(refusal({ settings: { Listen_Addresses: '*' } })).toMatch(/about which the launcher decides/);
  });

  it('are accepted at their bounds', () => {
    expect(refusal({ database: 'a'.repeat(63), settings: { 'auto_explain.log_min_duration': '1' } })).toBe(
      'accepted',
    );
  });
});
