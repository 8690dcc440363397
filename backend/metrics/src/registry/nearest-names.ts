const MOST = 3;

/** Up to three of the known names that look most like the one asked for, nearest first. */
export function nearestNames(asked: string, known: Iterable<string>): string[] {
  const wanted = asked.toLowerCase();
  const furthest = Math.max(2, Math.floor(wanted.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of known) {
    const candidate = name.toLowerCase();
    const within = wanted.length > 2 && (candidate.includes(wanted) || wanted.includes(candidate));
    const distance = within ? 1 : editDistance(wanted, candidate, furthest);
    if (distance <= furthest) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name));
  return near.slice(0, MOST).map(({ name }) => name);
}

/** Levenshtein's distance; anything above `most` comes out as `most + 1`. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return most + 1;
    row = next;
  }
  return row[b.length] ?? 0;
}
