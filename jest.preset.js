// One Jest set-up for every package: ES modules, TypeScript through swc, workspace packages from source.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

const swc = (tsx) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', tsx, decorators: true },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        useDefineForClassFields: tsx,
        react: { runtime: 'automatic' },
      },
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const browser = process.cwd().includes(`${join('/', 'frontend')}`);

export default {
  testEnvironment: 'node',
  testEnvironmentOptions: {
    customExportConditions: browser
      ? ['@fleetdeck/source', 'browser']
      : ['@fleetdeck/source', 'node', 'node-addons'],
  },
  testMatch: ['<rootDir>/src/**/*.spec.{ts,tsx}'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'mjs', 'cjs', 'json'],
  transform: { '^.+\\.ts$': swc(false), '^.+\\.tsx$': swc(true) },
  setupFilesAfterEnv: browser
    ? [join(root, 'tools/jest/browser.setup.mjs')]
    : [join(root, 'tools/jest/node.setup.mjs')],
  // Only ends a test that hangs: what is fast or slow is never judged by a test, and the machine may be busy.
  testTimeout: 30_000,
  coverageProvider: 'v8',
  collectCoverageFrom: [
    'src/**/*.{ts,tsx}',
    '!src/**/*.spec.{ts,tsx}',
    '!src/**/*.stories.tsx',
    '!src/**/*.test-d.ts',
    '!src/**/index.ts',
    '!src/**/migrations/**',
    '!src/testing/**',
  ],
  coverageDirectory: '<rootDir>/coverage',
  coverageReporters: ['json-summary', 'text-summary'],
  coverageThreshold: { global: { lines: 85, branches: 85 } },
};
