import { findRedis } from '../../tools/requirements.mjs';
import preset from '../../jest.preset.js';

// Without a redis-server what is kept in Redis cannot be tried; `npm test` names it as left out.
const left = findRedis() === null;

export default {
  preset: '../../jest.preset.js',
  ...(left
    ? {
        testPathIgnorePatterns: ['/node_modules/', '<rootDir>/src/redis/.*\\.medium\\.spec\\.ts$'],
        collectCoverageFrom: [...preset.collectCoverageFrom, '!src/redis/**'],
      }
    : {}),
};
