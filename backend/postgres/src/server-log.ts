const MAX_LINES = 200;
const MAX_LINE_LENGTH = 4_000;

/** The last lines that a server said, bounded. */
export class ServerLog {
  readonly #lines: string[] = [];
  #rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  /** Takes the next piece of text, which may end in the middle of a line. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) this.#keep(line.slice(0, MAX_LINE_LENGTH));
  }

  /** The lines kept, the oldest first. */
  lines(): readonly string[] {
    return this.#rest === '' ? this.#lines : [...this.#lines, this.#rest];
  }

  #keep(line: string): void {
    if (line === '') return;
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    this.onLine(line);
  }
}

/** PostgreSQL's own first complaint, without its time stamp: what a person has to read. */
export function firstComplaint(lines: readonly string[]): string {
  const complaint = lines
    .map((line) => /\b(?:(?:FATAL|PANIC):\s+|error:\s+)(.*)$/.exec(line)?.[1])
    .find(Boolean);
  const said = complaint ?? lines.map((line) => line.trim()).find((line) => line !== '') ?? 'it said nothing';
  return said.replace(/\.$/, '');
}

const DAMAGE =
  /could not find the database system|\b(FATAL|PANIC):.*(pg_control|control file|checkpoint record|incompatible with server|could not (open|read|access) (file|directory)|not a valid data directory|invalid data)/;
const SURROUNDINGS = /Permission denied|No space left|Too many open files|Read-only file system/;

/** Whether the complaint is one about damaged data rather than about the surroundings. */
export function isAboutDamage(lines: readonly string[]): boolean {
  return lines.some((line) => DAMAGE.test(line) && !SURROUNDINGS.test(line));
}

/** Whether a server ended because somebody else listens on its port. */
export function isAboutPort(lines: readonly string[]): boolean {
  return /could not (bind|create any TCP\/IP sockets|create listen socket)/.test(lines.join('\n'));
}
