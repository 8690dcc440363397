export default {
  preset: '../../jest.preset.js',
  globalSetup: '<rootDir>/../../tools/jest/postgres.global-setup.mjs',
  globalTeardown: '<rootDir>/../../tools/jest/postgres.global-teardown.mjs',
};
