import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { serveFolder } from './server.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The built catalog. */
export const CATALOG = join(ROOT, 'dist/storybook');

/** One entry of the catalog's index. */
export interface Entry {
  id: string;
  title: string;
  name: string;
  type: 'story' | 'docs';
  exportName?: string;
  importPath: string;
}

/** All entries of a built catalog; none when it was not built. */
export function readEntries(folder = CATALOG): Entry[] {
  const file = join(folder, 'index.json');
  if (!existsSync(file)) return [];
  const { entries } = JSON.parse(readFileSync(file, 'utf8')) as { entries: Record<string, Entry> };
  return Object.values(entries);
}

/** Names of the components that `@fleetdeck/react` exports. */
export function readComponents(): string[] {
  const index = readFileSync(join(ROOT, 'frontend/react/src/index.ts'), 'utf8');
  return [...index.matchAll(/from '\.\/components\/[^']+\/([A-Z]\w+)\.tsx'/g)].map((match) => match[1] ?? '');
}

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

interface StoryEnd {
  storyId: string;
  status: string;
  reporters: { type: string; status: string; result?: { violations?: Violation[] } }[];
}

interface Heard {
  name: string;
  data: unknown;
}

interface CatalogWindow {
  fleetdeckHeard: Heard[];
  __STORYBOOK_ADDONS_CHANNEL__: {
    on: (name: string, listener: (data: unknown) => void) => void;
    emit: (name: string, data: unknown) => void;
  };
}

/** What came of one story. */
export interface Outcome {
  /** Each is a sentence; none when all is well. */
  problems: string[];
}

/** How a story is looked at. */
export interface View {
  globals?: Readonly<Record<string, string>>;
  width?: number;
  media?: {
    /** Forced colours are dark where the scheme of the system is, whatever the theme. */
    forcedColors?: 'active' | 'none';
    colorScheme?: 'light' | 'dark';
    reducedMotion?: 'reduce' | 'no-preference';
  };
  /** Zooms the page: so many times fewer pixels of CSS, each so many times as large. */
  zoom?: number;
  /** Loads the page anew, so that nothing of the story before is left in it. */
  fresh?: boolean;
}

/** A browser page in which stories are shown one after the other. */
export class Stage {
  readonly #page: Page;
  readonly #url: string;
  readonly #complaints: string[] = [];
  #open: { id: string; globals: string } | null = null;

  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.#complaints.push(`console ${message.type()}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => this.#complaints.push(`uncaught: ${error.message}`));
    page.on('requestfailed', (request) => {
      // The page before gives up what it was still loading; that is no failure of this one.
      if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
      this.#complaints.push(`request failed: ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.#complaints.push(`${response.status()}: ${response.url()}`);
    });
  }

  static async make(browser: Browser, options: BrowserContextOptions, url: string): Promise<Stage> {
    const page = await browser.newPage(options);
    await page.addInitScript(() => {
      const own = window as unknown as CatalogWindow;
      own.fleetdeckHeard = [];
      let channel: CatalogWindow['__STORYBOOK_ADDONS_CHANNEL__'];
      Object.defineProperty(own, '__STORYBOOK_ADDONS_CHANNEL__', {
        configurable: true,
        get: () => channel,
        set: (made: typeof channel) => {
          channel = made;
          for (const name of [
            'storyFinished',
            'playFunctionThrewException',
            'storyErrored',
            'storyThrewException',
            'storyMissing',
          ]) {
            made.on(name, (data) => own.fleetdeckHeard.push({ name, data }));
          }
        },
      });
    });
    return new Stage(page, url);
  }

  get page(): Page {
    return this.#page;
  }

  /** Shows a story and waits until its play function and the accessibility check are over. */
  async show(
    id: string,
    { globals = {}, width = 1280, media = {}, zoom = 1, fresh = false }: View = {},
  ): Promise<Outcome> {
    this.#complaints.length = 0;
    const size = { width: Math.round(width / zoom), height: Math.round(800 / zoom) };
    await this.#page.setViewportSize(size);
    if (zoom !== 1) {
      const session = await this.#page.context().newCDPSession(this.#page);
      const metrics = { ...size, deviceScaleFactor: zoom, mobile: false };
      await session.send('Emulation.setDeviceMetricsOverride', metrics);
      await session.detach();
    }
    const plain = { forcedColors: 'none', colorScheme: 'light', reducedMotion: 'no-preference' } as const;
    await this.#page.emulateMedia({ ...plain, ...media });
    const chosen = Object.entries(globals)
      .map(([name, value]) => `${name}:${value}`)
      .join(';');
    if (!fresh && this.#open?.globals === chosen && this.#open.id !== id) {
      // The page is kept and only its story changed, which is some ten times quicker than to load it anew.
      await this.#page.evaluate((storyId) => {
        const own = window as unknown as CatalogWindow;
        own.fleetdeckHeard = [];
        own.__STORYBOOK_ADDONS_CHANNEL__.emit('setCurrentStory', { storyId, viewMode: 'story' });
      }, id);
    } else {
      const query = new URLSearchParams({ id, viewMode: 'story', globals: chosen });
      await this.#page.goto(`${this.#url}iframe.html?${query.toString()}`);
    }
    this.#open = { id, globals: chosen };
    return { problems: await this.#finish(id) };
  }

  /** What a story looks like, once it was shown: what fits the window, or the whole page down to a height. */
  async picture({ whole = false, maxHeight = Infinity } = {}): Promise<Buffer> {
    if (!whole) return this.#page.screenshot({ animations: 'disabled' });
    const [width, height] = await this.#page.evaluate(() => {
      // The page of a short story is as high as the window; its root is as high as the story.
      const root = document.querySelector('#storybook-root');
      const bottom = Math.max(root?.getBoundingClientRect().bottom ?? 0, root?.scrollHeight ?? 0);
      return [document.documentElement.scrollWidth, Math.ceil(bottom + window.scrollY)];
    });
    const clip = { x: 0, y: 0, width, height: Math.min(height, maxHeight) };
    return this.#page.screenshot({ animations: 'disabled', fullPage: true, clip });
  }

  /** What does not fit: words beside the page, or cut off by a box that hides what runs over. */
  cut(): Promise<string[]> {
    return this.#page.evaluate(() => {
      const root = document.documentElement;
      const told = (element: Element): string => element.outerHTML.slice(0, 160);
      const problems: string[] = [];
      for (const element of document.querySelectorAll<HTMLElement>('#storybook-root *')) {
        const hasWords = [...element.childNodes].some(
          (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
        );
        // Words for screen readers alone are nowhere on purpose, and a box of theirs is a pixel wide.
        if (!hasWords || element.closest('.fd-hidden, [hidden]') || !element.checkVisibility()) continue;
        const { left, right, width } = element.getBoundingClientRect();
        if (width === 0) continue;
        if (left < -1 || right > root.clientWidth + 1) problems.push(`beside the page: ${told(element)}`);
        for (let box: Element | null = element; box && box !== root; box = box.parentElement) {
          if (box.clientWidth <= 1) break;
          const { overflowX, overflowY } = getComputedStyle(box);
          const hides = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip';
          if (
            (hides(overflowX) && box.scrollWidth > box.clientWidth + 1) ||
            (hides(overflowY) && box.scrollHeight > box.clientHeight + 1)
          )
            problems.push(`cut: ${told(box)}`);
        }
      }
      return [...new Set(problems)];
    });
  }

  /** Colours of drawings that are none of the system, which forced colours do not change. */
  unforced(): Promise<string[]> {
    return this.#page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      const system = new Set(['none', 'rgba(0, 0, 0, 0)']);
      for (const name of ['Canvas', 'CanvasText', 'GrayText', 'LinkText', 'ButtonText', 'Highlight']) {
        probe.style.color = name;
        system.add(getComputedStyle(probe).color);
      }
      probe.remove();
      const found = new Set<string>();
      for (const shape of document.querySelectorAll<SVGElement>('#storybook-root svg *')) {
        if (shape.closest('defs')) continue;
        const { fill, stroke } = getComputedStyle(shape);
        for (const colour of [fill, stroke]) {
          if (!system.has(colour) && !colour.startsWith('url('))
            found.add(`${colour}: ${shape.outerHTML.slice(0, 160)}`);
        }
      }
      return [...found];
    });
  }

  /** Opens a docs page; it is well when it draws a heading and nothing complains. */
  async showDocs(id: string): Promise<Outcome> {
    this.#complaints.length = 0;
    this.#open = null;
    await this.#page.goto(`${this.#url}iframe.html?id=${id}&viewMode=docs`);
    await this.#page.locator('#storybook-docs h1').first().waitFor({ timeout: 15_000 });
    return { problems: [...this.#complaints] };
  }

  async #finish(id: string): Promise<string[]> {
    const problems: string[] = [];
    const handle = await this.#page.waitForFunction(
      (storyId) => {
        const { fleetdeckHeard } = window as unknown as CatalogWindow;
        const over = fleetdeckHeard.some(
          ({ name, data }) =>
            name === 'storyMissing' ||
            (name === 'storyFinished' && (data as { storyId: string }).storyId === storyId),
        );
        // Errors are told in own words: an Error's fields do not survive the way out of the page.
        return over
          ? fleetdeckHeard.map(({ name, data }) => ({
              name,
              data,
              text: String((data as { message?: string; description?: string } | null)?.message ?? ''),
            }))
          : null;
      },
      id,
      { timeout: 25_000, polling: 20 },
    );
    const heard = (await handle.jsonValue()) ?? [];
    for (const { name, text } of heard) {
      if (name !== 'storyFinished') problems.push(`${name}: ${text}`);
    }
    const end = heard.find(({ name }) => name === 'storyFinished')?.data as StoryEnd | undefined;
    if (end && end.status !== 'success') problems.push(`the story ended as "${end.status}"`);
    const axe = end?.reporters.find(({ type }) => type === 'a11y');
    if (end && !axe) problems.push('the accessibility check did not run');
    for (const { id: rule, help, nodes } of axe?.result?.violations ?? []) {
      const places = nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join('\n    ');
      problems.push(`accessibility: ${rule}: ${help}\n    ${places}`);
    }
    return [...problems, ...this.#complaints];
  }
}

/** Tests with a stage, which is kept from one test to the next. */
export const test = base.extend<object, { stage: Stage }>({
  stage: [
    async ({ browser }, use, info) => {
      // Below a path of its own, so that an absolute address in the catalog is found out.
      const server = await serveFolder(CATALOG, '/some/where/catalog/');
      const { viewport, timezoneId, locale, colorScheme } = info.project.use;
      const stage = await Stage.make(browser, { viewport, timezoneId, locale, colorScheme }, server.url);
      await use(stage);
      await stage.page.close();
      await server.close();
    },
    { scope: 'worker' },
  ],
});
