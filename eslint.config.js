// One configuration for the whole workspace. The room rules below say who may import whom.
import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const NEST = ['@nestjs/*', 'typeorm', 'pg', 'rxjs'];
const MODULES = ['audit', 'alerting', 'broadcast', 'health', 'metrics', 'provisioning', 'saga'];
const FRONT = ['@fleetdeck/client', '@fleetdeck/react', '@fleetdeck/react/*', '@fleetdeck/dashboard'];
const VALIDATION = {
  group: ['@fleetdeck/dto/validation'],
  message: 'The browser loads no validation classes.',
};
const own = (names) => names.flatMap((name) => [`@fleetdeck/${name}`, `@fleetdeck/${name}/*`]);
const INSIDES = {
  group: [
    '@fleetdeck/*/src/*',
    '@fleetdeck/*/dist/*',
    '../../../*/src/*',
    '../../*/src/**',
    '**/backend/**',
    '**/frontend/**',
    '**/shared/dto/**',
  ],
  message: 'Import another package by its public entry.',
};

function room(files, patterns, ignores = []) {
  return {
    files: files.flatMap((f) => [`${f}/src/**/*.ts`, `${f}/src/**/*.tsx`]),
    ignores,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [INSIDES, ...patterns] }] },
  };
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/coverage/', '**/.nx/', '.fleetdeck/', '**/storybook-static/', '!.storybook'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver': { node: { extensions: ['.ts', '.tsx'] } },
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
      ],
    },
  },
  { files: ['**/*.spec.{ts,tsx}', '**/e2e/**/*.ts'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  {
    files: ['frontend/**/*.{ts,tsx}', '.storybook/**/*.tsx'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // Only of use where React Compiler runs, which it does not here.
      'react-hooks/incompatible-library': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        setImmediate: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        performance: 'readonly',
        globalThis: 'readonly',
        window: 'readonly',
        document: 'readonly',
        PerformanceObserver: 'readonly',
        WebSocket: 'readonly',
      },
    },
  },
  room(
    ['shared/dto'],
    [
      {
        group: [...NEST, 'react', 'react-dom', 'node:*', 'socket.io*'],
        message: 'dto knows neither Nest, React nor Node.',
      },
      { group: ['@fleetdeck/*'], message: 'dto imports no other package.' },
    ],
  ),
  room(
    ['backend/kernel', 'backend/postgres'],
    [{ group: [...own(MODULES), ...own(['service']), ...FRONT], message: 'The kernel knows no module.' }],
  ),
  ...MODULES.map((name) =>
    room(
      [`backend/${name}`],
      [
        {
          group: [
            ...own(
              MODULES.filter((other) => other !== name && !(name === 'provisioning' && other === 'saga')),
            ),
            ...own(['service', 'postgres']),
            ...FRONT,
          ],
          message: 'Modules meet only through kernel ports.',
        },
      ],
    ),
  ),
  room(
    ['backend/service'],
    [{ group: FRONT, message: 'The service serves the built dashboard; it imports none of it.' }],
  ),
  room(
    ['frontend/client'],
    [
      VALIDATION,
      {
        group: [
          ...NEST,
          'react',
          'react-dom',
          'node:*',
          ...own(['kernel', 'service', ...MODULES]),
          '@fleetdeck/react',
        ],
        message: 'The client is framework-free.',
      },
    ],
  ),
  room(
    ['frontend/react', 'frontend/dashboard'],
    [
      VALIDATION,
      {
        group: [...NEST, 'node:*', ...own(['kernel', 'service', ...MODULES])],
        message: 'The front end imports no server code.',
      },
    ],
    ['frontend/react/src/components/**', '**/*.spec.*', '**/*.stories.*'],
  ),
  {
    files: ['frontend/react/src/components/**/*.{ts,tsx}'],
    ignores: ['**/*.spec.*', '**/*.stories.*', '**/charts/RechartsFrame.tsx'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            INSIDES,
            VALIDATION,
            {
              group: ['@fleetdeck/client', '**/hooks/**'],
              message: 'Components take props; hooks supply them.',
            },
            { group: [...NEST, 'node:*'], message: 'The front end imports no server code.' },
            { regex: '^recharts(/|$)', message: 'Charts are drawn by RechartsFrame alone.' },
          ],
        },
      ],
    },
  },
);
