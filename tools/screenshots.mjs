// Takes a picture of every component, light and dark, for the gallery of the catalog: npm run screenshots
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { buildCatalog, inTemporaryFolder, main, withBrowser, withCatalog } from './catalog.mjs';
import { ROOT } from './run.mjs';

const DOCS = join(ROOT, '.storybook/docs');
const FOLDER = join(DOCS, 'screenshots');
const THEMES = ['light', 'dark'];
const WIDTH = 720;
/** Longer stories end here; the catalog has the rest. */
const MAX_HEIGHT = 900;

/** Writes a picture as WebP, a fifth of the size of a PNG, in a page of the browser that took it. */
async function toWebp(page, png) {
  const text = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(globalThis.atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await globalThis.createImageBitmap(new globalThis.Blob([bytes], { type: 'image/png' }));
    const canvas = new globalThis.OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
    return [...new Uint8Array(await blob.arrayBuffer())].map((byte) => String.fromCharCode(byte)).join('');
  }, png.toString('base64'));
  return Buffer.from(text, 'latin1');
}

/** The gallery as a page of the catalog, which reads as Markdown elsewhere too. */
function galleryPage(shown) {
  const parts = shown.map(({ id, name }) => {
    const pictures = THEMES.map(
      (theme) => `![${name}, all states, ${theme}](screenshots/${name}.${theme}.webp)`,
    );
    return `## [${name}](?path=/docs/${id.replace(/--.*$/, '--docs')})\n\n${pictures.join('\n\n')}\n`;
  });
  return `import { Meta } from '@storybook/addon-docs/blocks';

<Meta title="Gallery" />

# Gallery

Every component in its states, light and dark. \`npm run screenshots\` takes these pictures and writes this page; long
ones are cut at ${MAX_HEIGHT} px.

${parts.join('\n')}`;
}

await main(() =>
  inTemporaryFolder(async (folder) => {
    await buildCatalog(ROOT, folder);
    await withBrowser((browser) =>
      withCatalog(browser, folder, async ({ entries, stage }) => {
        const encoder = await browser.newPage();
        const shown = entries
          .filter(({ id, title }) => id.endsWith('--all-states') && /^(Components|Charts)\//.test(title))
          .map(({ id, title }) => ({ id, title, name: title.replace(/^.*\//, '') }));
        const pictures = new Map();
        for (const theme of THEMES) {
          for (const { id, name } of shown) {
            const { problems } = await stage.show(id, { globals: { theme }, width: WIDTH, fresh: true });
            if (problems.length > 0)
              throw new Error(`${name} is not as it should be:\n${problems.join('\n')}`);
            const picture = await stage.picture({ whole: true, maxHeight: MAX_HEIGHT });
            pictures.set(`${name}.${theme}.webp`, await toWebp(encoder, picture));
          }
        }
        // Only now, so that a story that fails leaves the gallery as it was.
        await rm(FOLDER, { recursive: true, force: true });
        await mkdir(FOLDER, { recursive: true });
        for (const [file, picture] of pictures) await writeFile(join(FOLDER, file), picture);
        const page = join(DOCS, 'gallery.mdx');
        const style = await resolveConfig(page);
        await writeFile(page, await format(galleryPage(shown), { ...style, filepath: page }));
        const bytes = [...pictures.values()].reduce((sum, { length }) => sum + length, 0);
        process.stdout.write(`${pictures.size} pictures, ${Math.round(bytes / 1024)} KiB\n`);
      }),
    );
  }),
);
