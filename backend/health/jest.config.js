export default {
  preset: '../../jest.preset.js',
  globalSetup: '../../tools/jest/postgres.global-setup.mjs',
  globalTeardown: '../../tools/jest/postgres.global-teardown.mjs',
  // Peers that two indicators of Terminus insist on, and that nothing here uses.
  moduleNameMapper: { '^@nestjs/(axios|typeorm)$': '<rootDir>/src/testing/own/nestjs-$1.ts' },
};
