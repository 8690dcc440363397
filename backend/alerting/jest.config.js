export default {
  preset: '../../jest.preset.js',
  globalSetup: '../../tools/jest/postgres.global-setup.mjs',
  globalTeardown: '../../tools/jest/postgres.global-teardown.mjs',
};
