import { useEffect, type ReactNode } from 'react';
import type { Decorator, Preview } from '@storybook/react-vite';
import { FleetdeckProvider } from '@fleetdeck/react';
import '@fleetdeck/react/styles.css';
import { ColourVision } from './colour-vision.tsx';
import { componentDescription, defaultsFromComments } from './docs-comments.ts';
import { forceColours } from './forced-colours.ts';
import './preview.css';

/** The moment at which every story stands still. */
const STORY_TIME = Date.parse('2026-01-15T14:07:12.000Z');
const now = (): number => STORY_TIME;

/** What a story may ask for by its parameters, over what the toolbar says. */
interface Wishes {
  theme?: string;
  direction?: string;
  density?: string;
  motion?: string;
  contrast?: string;
  language?: string;
  vision?: string;
}

interface SurroundingsProps {
  wishes: Wishes;
  globals: Readonly<Record<string, unknown>>;
  children: ReactNode;
}

function Surroundings({ wishes, globals, children }: SurroundingsProps) {
  const read = (name: keyof Wishes, standard: string): string => {
    const chosen = wishes[name] ?? globals[name];
    return typeof chosen === 'string' && chosen !== '' ? chosen : standard;
  };
  const theme = read('theme', 'auto');
  const direction = read('direction', 'ltr');
  const density = read('density', 'default');
  const motion = read('motion', 'system');
  const contrast = read('contrast', 'system');
  const language = read('language', direction === 'rtl' ? 'ar' : 'en');
  const vision = read('vision', 'usual');

  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = theme;
    root.dataset.density = density;
    root.dataset.motion = motion;
    root.dir = direction;
    root.lang = language;
  }, [theme, direction, density, motion, language]);

  useEffect(() => (contrast === 'forced' ? forceColours() : undefined), [contrast]);

  return (
    <FleetdeckProvider timeZone="UTC" locale={language} now={now}>
      {vision === 'usual' ? children : <ColourVision sight={vision}>{children}</ColourVision>}
    </FleetdeckProvider>
  );
}

const surroundings: Decorator = (Story, { globals, parameters }) => (
  <Surroundings wishes={(parameters.fleetdeck ?? {}) as Wishes} globals={globals}>
    <Story />
  </Surroundings>
);

const preview: Preview = {
  tags: ['autodocs'],
  decorators: [surroundings],
  initialGlobals: {
    theme: 'auto',
    direction: 'ltr',
    density: 'default',
    motion: 'system',
    contrast: 'system',
    language: '',
    vision: 'usual',
  },
  globalTypes: {
    theme: {
      description: 'Theme',
      toolbar: {
        title: 'Theme',
        icon: 'mirror',
        items: [
          { value: 'auto', title: 'As the system' },
          { value: 'light', title: 'Light' },
          { value: 'dark', title: 'Dark' },
        ],
        dynamicTitle: true,
      },
    },
    density: {
      description: 'Density',
      toolbar: {
        title: 'Density',
        icon: 'component',
        items: ['compact', 'default', 'comfortable', 'wall'],
        dynamicTitle: true,
      },
    },
    direction: {
      description: 'Direction of writing',
      toolbar: {
        title: 'Direction',
        icon: 'transfer',
        items: [
          { value: 'ltr', title: 'Left to right' },
          { value: 'rtl', title: 'Right to left' },
        ],
        dynamicTitle: true,
      },
    },
    motion: {
      description: 'Motion',
      toolbar: {
        title: 'Motion',
        icon: 'play',
        items: [
          { value: 'system', title: 'As the system' },
          { value: 'reduced', title: 'Reduced' },
        ],
        dynamicTitle: true,
      },
    },
    language: {
      description: 'Language of numbers, times and sorting',
      toolbar: {
        title: 'Language',
        icon: 'globe',
        items: [
          { value: '', title: 'As the direction' },
          { value: 'en', title: 'English' },
          { value: 'de', title: 'German' },
          { value: 'ja', title: 'Japanese' },
          { value: 'ar', title: 'Arabic' },
        ],
        dynamicTitle: true,
      },
    },
    vision: {
      description: 'Colour vision',
      toolbar: {
        title: 'Vision',
        icon: 'eye',
        items: ['usual', 'protanopia', 'deuteranopia', 'tritanopia', 'all'],
        dynamicTitle: true,
      },
    },
    contrast: {
      description: 'Forced colours',
      toolbar: {
        title: 'Colours',
        icon: 'contrast',
        items: [
          { value: 'system', title: 'As the system' },
          { value: 'forced', title: 'Forced colours, nearly' },
        ],
        dynamicTitle: true,
      },
    },
  },
  argTypesEnhancers: [defaultsFromComments],
  parameters: {
    layout: 'fullscreen',
    docs: { extractComponentDescription: componentDescription },
    backgrounds: { disable: true },
    viewport: {
      options: {
        narrow: { name: '320 px wide', styles: { width: '320px', height: '800px' } },
        phone: { name: '390 px wide', styles: { width: '390px', height: '844px' } },
        zoomed: { name: '200 % zoom of 1280 px', styles: { width: '640px', height: '400px' } },
      },
    },
    controls: { expanded: true },
    // A violation in any story fails the catalog's test.
    a11y: {
      test: 'error',
      // In WCAG 2.2 AA, but off in axe by default.
      config: { rules: [{ id: 'target-size', enabled: true }] },
    },
    options: {
      storySort: {
        order: [
          'Introduction',
          'Gallery',
          'Getting started',
          ['Front end', 'Back end', 'Realtime'],
          'Guides',
          ['Theming', 'Accessibility', 'Writing a story page'],
          'Recipes',
          'Components',
          'Charts',
          'Hooks',
          'Decisions',
        ],
      },
    },
  },
};

export default preview;
