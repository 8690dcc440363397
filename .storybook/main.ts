import type { StorybookConfig } from '@storybook/react-vite';
import { remarkTables } from './remark-tables.ts';

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['./docs/**/*.mdx', '../frontend/*/src/**/*.stories.tsx'],
  // Beside the page that shows them, so that the same addresses hold in the catalog and in the repository.
  staticDirs: [{ from: './docs/screenshots', to: '/screenshots' }],
  addons: [
    {
      name: '@storybook/addon-docs',
      options: { mdxPluginOptions: { mdxCompileOptions: { remarkPlugins: [remarkTables] } } },
    },
    '@storybook/addon-a11y',
  ],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  // The Babel reader needs no TypeScript API, and so works with every version of it.
  typescript: { reactDocgen: 'react-docgen' },
  viteFinal: (vite, { configType }) => ({
    ...vite,
    // Relative, so that the catalog can be served from any path.
    base: './',
    resolve: {
      ...vite.resolve,
      conditions: [
        '@fleetdeck/source',
        'module',
        'browser',
        configType === 'PRODUCTION' ? 'production' : 'development',
      ],
    },
    build: { ...vite.build, chunkSizeWarningLimit: 2000 },
  }),
};

export default config;
