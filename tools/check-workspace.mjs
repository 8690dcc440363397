// Rules of the workspace that no linter knows.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDirs, ROOT } from './run.mjs';

/** What is wrong, a sentence each. */
export function checkWorkspace() {
  return [...strayTests(), ...incompleteLock(), ...incompletePackages()];
}

const TEST_LIKE = /[._-](?:test|spec)s?[._-]/;
const KNOWN_TESTS = [
  /\/src\/.*\.spec\.tsx?$/,
  /\/src\/.*\.test-d\.ts$/,
  /^frontend\/dashboard\/e2e\/.*\.spec\.ts$/,
  /^\.storybook\/test\/.*\.spec\.ts$/,
];

/** A test that no tier runs is worse than none. */
function strayTests() {
  return trackedFiles()
    .filter((file) => TEST_LIKE.test(basename(file)) && !KNOWN_TESTS.some((known) => known.test(file)))
    .map((file) => `${file} looks like a test, but no tier runs it; name it *.spec.ts in a src folder.`);
}

function trackedFiles() {
  try {
    const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
    });
    return list.toString().split('\0').filter(Boolean);
  } catch {
    // A downloaded archive has no git; there is nothing to check that the repository did not.
    return [];
  }
}

/** A lock that lacks another platform's packages installs here and fails there. */
function incompleteLock() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const problems = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!resolves(packages, path, name))
        problems.push(`package-lock.json has no entry for ${name}, which ${path || 'the root'} may need.`);
    }
    if (/^https?:/.test(entry.resolved ?? ''))
      problems.push(`package-lock.json names a registry for ${path}.`);
  }
  return problems;
}

function resolves(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (at === '') return false;
    if (!at.includes('/node_modules/')) at = '';
    if (at === '' && packages[`node_modules/${name}`]) return true;
  }
}

function incompletePackages() {
  return packageDirs().flatMap((dir) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, dir, 'package.json'), 'utf8'));
    const targets = ['build', 'test', 'lint', 'typecheck'].filter((target) => !scripts?.[target]);
    return [
      ...targets.map((target) => `${dir}/package.json has no script "${target}".`),
      ...(existsSync(join(ROOT, dir, 'README.md')) ? [] : [`${dir} has no README.md.`]),
    ];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = checkWorkspace();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exit(problems.length === 0 ? 0 : 1);
}
