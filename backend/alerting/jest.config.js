import preset from '../../jest.preset.js';

export default {
  preset: '../../jest.preset.js',
  globalSetup: '../../tools/jest/postgres.global-setup.mjs',
  globalTeardown: '../../tools/jest/postgres.global-teardown.mjs',
  // What teams test their rules with is part of the product: it counts here.
  collectCoverageFrom: [
    ...preset.collectCoverageFrom.filter((pattern) => pattern !== '!src/testing/**'),
    '!src/**/*.fixture.ts',
  ],
  coverageThreshold: {
    ...preset.coverageThreshold,
    './src/rule/state-machine.ts': { lines: 100, branches: 100 },
  },
};
