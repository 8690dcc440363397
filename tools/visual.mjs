// Compares the pictures of the catalog with those of another commit: npm run visual -- <ref> [part of a title]
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCatalog, CannotRun, inTemporaryFolder, lendPackages, main } from './catalog.mjs';
import { withBrowser, withCatalog } from './catalog.mjs';
import { ROOT } from './run.mjs';
import { comparePictures } from './visual/compare.mjs';
import { reportPage } from './visual/report.mjs';

const REPORT = 'test-results/visual';
const PAGES = /--all-states$|^recipes-.*--default$/;
const VIEWS = ['light', 'dark'].flatMap((theme) => [1280, 390].map((width) => ({ theme, width })));

const git = (...args) =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

function commitOf(ref) {
  if (!ref || ref.startsWith('-')) throw new CannotRun('Say what to compare with: npm run visual -- <ref>');
  try {
    return git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  } catch {
    throw new CannotRun(`"${ref}" is no commit of this repository.`);
  }
}

/** Builds the catalog of a commit in a tree of its own. */
async function buildCommit(commit, tree, out) {
  git('worktree', 'add', '--detach', '--quiet', tree, commit);
  try {
    await lendPackages(tree);
    await buildCatalog(tree, out);
  } finally {
    git('worktree', 'remove', '--force', tree);
  }
}

/** Pictures of a catalog by name. */
function takePictures(browser, folder, wanted) {
  return withCatalog(browser, folder, async ({ entries, stage }) => {
    const pictures = new Map();
    const stories = entries.filter(({ id, title }) => PAGES.test(id) && title.includes(wanted));
    for (const { theme, width } of VIEWS) {
      for (const { id, title, name } of stories) {
        await stage.show(id, { globals: { theme }, width, fresh: true });
        const picture = await stage.picture({ whole: true });
        pictures.set(`${title}, ${name}, ${theme}, ${width} px`, picture);
      }
    }
    return pictures;
  });
}

/** Compares two sets of pictures, and keeps those that differ as files of the report. */
async function compare(page, before, after) {
  const folder = join(ROOT, REPORT);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const results = [];
  for (const name of new Set([...after.keys(), ...before.keys()])) {
    const [old, now] = [before.get(name), after.get(name)];
    const files = {};
    const keep = async (kind, picture) => {
      files[kind] = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.${kind}.png`;
      await writeFile(join(folder, files[kind]), picture);
    };
    if (!old || !now) {
      await keep(old ? 'before' : 'after', old ?? now);
      results.push({ name, kind: old ? 'gone' : 'new', share: 1, files });
      continue;
    }
    const { pixels, share, picture } = await comparePictures(page, old, now);
    if (pixels > 0) {
      await keep('before', old);
      await keep('after', now);
      await keep('difference', picture);
    }
    results.push({ name, kind: pixels > 0 ? 'differs' : 'same', share, pixels, files });
  }
  return results.toSorted((a, b) => b.share - a.share);
}

await main(async () => {
  const [ref, wanted = ''] = process.argv.slice(2);
  const commit = commitOf(ref);
  const notes = [];
  if (git('diff', '--name-only', commit, '--', 'package-lock.json') !== '') {
    notes.push(`package-lock.json is another one at ${ref}: both were built with the packages of this tree.`);
  }
  const results = await inTemporaryFolder(async (folder) => {
    const [before, after] = [join(folder, 'before'), join(folder, 'after')];
    await buildCommit(commit, join(folder, 'tree'), before);
    await buildCatalog(ROOT, after);
    return withBrowser(async (browser) => {
      const old = await takePictures(browser, before, wanted);
      const now = await takePictures(browser, after, wanted);
      if (now.size === 0) throw new CannotRun(`No story has "${wanted}" in its title.`);
      return compare(await browser.newPage(), old, now);
    });
  });
  const count = (kind) => results.filter((result) => result.kind === kind).length;
  const summary = `${results.length} pictures: ${count('same')} same, ${count('differs')} differ, ${count('new')} new, ${count('gone')} gone`;
  const head = { ref, commit: commit.slice(0, 12), summary, notes };
  await writeFile(join(ROOT, REPORT, 'index.html'), reportPage(head, results));
  for (const { name, kind, pixels } of results) {
    if (kind !== 'same') process.stdout.write(`${kind}: ${name}${pixels ? ` (${pixels} pixels)` : ''}\n`);
  }
  for (const note of notes) process.stdout.write(`note: ${note}\n`);
  process.stdout.write(`${summary}\n${REPORT}/index.html\n`);
});
