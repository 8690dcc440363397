import preset from '../../jest.preset.js';

export default {
  preset: '../../jest.preset.js',
  globalSetup: '../../tools/jest/postgres.global-setup.mjs',
  globalTeardown: '../../tools/jest/postgres.global-teardown.mjs',
  // What runs the migrations is no migration: it counts here.
  collectCoverageFrom: [
    ...preset.collectCoverageFrom,
    'src/migrations/migrate-fleetdeck.ts',
    '!src/**/*.contract.ts',
  ],
  coverageThreshold: { global: { ...preset.coverageThreshold.global, lines: 100, branches: 100 } },
};
