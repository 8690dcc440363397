import preset from '../../jest.preset.js';

export default {
  preset: '../../jest.preset.js',
  // health.ts holds types alone: nothing of it runs.
  collectCoverageFrom: [...preset.collectCoverageFrom, '!src/health.ts'],
  coverageThreshold: { global: { ...preset.coverageThreshold.global, lines: 100, branches: 100 } },
};
