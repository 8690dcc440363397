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
  // One row of whole numbers, written over from left to right: thousands of names are compared before an answer goes out.
  const row = Uint16Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const letter = a.charCodeAt(i - 1);
    let diagonal = i - 1;
    let left = i;
    let least = i;
    row[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] as number;
      const swap = letter === b.charCodeAt(j - 1) ? diagonal : diagonal + 1;
      left = Math.min(swap, above + 1, left + 1);
      row[j] = left;
      diagonal = above;
      if (left < least) least = left;
    }
    if (least > most) return most + 1;
  }
  return row[b.length] as number;
}
