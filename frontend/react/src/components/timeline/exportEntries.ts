import type { TimelineMessages } from '../../messages/timeline.ts';
import { parseDay } from './days.ts';
import { rangeAt, type TimelineFilter } from './filter.ts';
import { timeOf, type TimelineEntry } from './entries.ts';

/** What is written about an export in its file. */
export interface ExportFacts {
  filter: TimelineFilter;
  /** IANA name of the zone in which days were cut. */
  timeZone: string;
  /** How many entries were loaded before the filter; where a service filters, how many it lets through, if known. */
  total: number | null;
  /** The service told `total`. */
  told: boolean;
  /** Which side of them has others that were not loaded, or may have. */
  notLoaded: readonly ('newer' | 'older')[];
  /** When it was made, ms since 1970. */
  madeAt: number;
  words: TimelineMessages;
  typeLabel: (type: string) => string;
  statusLabel: (status: string) => string;
}

/** Takes a file that was made: by default the browser saves it. */
export type SaveFile = (file: Blob, name: string) => void;

/** How an export goes on. */
export interface ExportProgress {
  signal?: AbortSignal;
  /** Called after each part with a number from 0 to 1. */
  onProgress?: (done: number) => void;
}

const PART = 1000;
const COLUMNS = ['id', 'at', 'type', 'status', 'title', 'actor', 'description', 'data'] as const;

// What a spreadsheet may take for the begin of a formula: at the start of a cell, and after a separator, since not every
// program splits at the comma. A negative number in an array of JSON is none, and stays as it is.
const START = String.raw`(?:^|[;\t\r\n]|,(?!-\d+(?:\.\d+)?(?:e[+-]?\d+)?[\]}]*(?:,|$)))(?:"|[^\S\t\r\n])*`;
const FORMULA = `'*[=+\\-@＝＋－＠]`;
const UNGUARDED = new RegExp(`${START}(?=${FORMULA})`, 'g');
const GUARDED = new RegExp(`(${START})'(?=${FORMULA})`, 'g');

/**
 * A cell of a CSV file by RFC 4180. A text that a spreadsheet would take for a formula, or of which it would take a part
 * for one, gets an apostrophe before it, and so does one that has apostrophes there already, so that {@link readCell}
 * can tell them apart.
 */
export function csvCell(text: string): string {
  const inside = text.replace(UNGUARDED, "$&'");
  const guarded = /^'*[\t\r\n]/.test(inside) ? `'${inside}` : inside;
  return /[",\r\n]/.test(guarded) || guarded !== guarded.trim()
    ? `"${guarded.replaceAll('"', '""')}"`
    : guarded;
}

/** Undoes the guard of {@link csvCell} in a cell that was read. */
export function readCell(text: string): string {
  return (/^'+[\t\r\n]/.test(text) ? text.slice(1) : text).replace(GUARDED, '$1');
}

/** A value as JSON, or as plain text where that cannot write it, as what holds itself. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}

function isoTime(entry: TimelineEntry): string {
  const ms = timeOf(entry);
  return ms <= -8.64e15 ? '' : new Date(ms).toISOString();
}

/** A fact on a line of its own and in one cell, whichever character a program splits at. */
const inOneCell = (text: string): string => text.replaceAll(/[\p{Cc}%,;"]/gu, encodeURIComponent);

function filterText({ filter, words, typeLabel, statusLabel, timeZone, madeAt }: ExportFacts): string {
  const range = rangeAt(filter, timeZone, madeAt);
  // A day is named as it is; what goes back from now says nothing without the moment.
  const bound = (end: 'from' | 'to'): string => {
    const at = range[end];
    return at === null || parseDay(filter[end]) !== null ? (filter[end] ?? '') : new Date(at).toISOString();
  };
  const parts: [string, string][] = [
    [words.search, filter.text.trim()],
    [words.type, filter.types.map(typeLabel).join(' / ')],
    [words.status, filter.statuses.map(statusLabel).join(' / ')],
    [words.from, bound('from')],
    [words.to, bound('to')],
  ];
  const named = parts.filter(([, value]) => value !== '').map(([name, value]) => `${name} ${value}`);
  return named.join(' · ') || words.fileNoFilter;
}

function factLines(facts: ExportFacts, count: number): string[] {
  const { words, timeZone, madeAt, total, told, notLoaded } = facts;
  const missing = notLoaded.map((side) => words[side === 'newer' ? 'fileNewer' : 'fileOlder']);
  const all = total === null ? null : String(total);
  const lines = [
    [words.fileFilter, filterText(facts)],
    [words.fileZone, timeZone],
    [words.fileEntries, words.fileCount(String(count), all, missing.length > 0 && !told)],
    ...(missing.length > 0 ? [[words.fileNotLoaded, missing.join(' · ')]] : []),
    [words.fileTime, new Date(madeAt).toISOString()],
  ];
  return lines.map((line) => `# ${inOneCell(line.join(': '))}\r\n`);
}

async function* parts<E>(
  entries: readonly E[],
  { signal, onProgress }: ExportProgress,
): AsyncGenerator<readonly E[]> {
  for (let at = 0; at < entries.length; at += PART) {
    signal?.throwIfAborted();
    yield entries.slice(at, at + PART);
    onProgress?.(Math.min(1, (at + PART) / entries.length));
    // Lets the page draw and take a press of "Cancel" between two parts.
    await new Promise((resume) => setTimeout(resume, 0));
  }
  signal?.throwIfAborted();
}

/**
 * Entries as CSV: lines that begin with `#` say what was exported, then comes the row of columns. Times are ISO 8601
 * in UTC, `data` is JSON, line ends are CRLF, and a byte order mark tells spreadsheets that it is UTF-8.
 */
export async function toCsv(
  entries: readonly TimelineEntry[],
  facts: ExportFacts,
  progress: ExportProgress = {},
): Promise<Blob> {
  const text: string[] = ['\uFEFF', ...factLines(facts, entries.length)];
  text.push(`${COLUMNS.join(',')}\r\n`);
  for await (const part of parts(entries, progress)) {
    text.push(
      part
        .map((entry) =>
          [
            ...[
              entry.id,
              isoTime(entry),
              entry.type,
              entry.status,
              entry.title,
              entry.actor,
              entry.description,
            ],
            entry.data ? jsonText(entry.data) : '',
          ]
            .map((value) => csvCell(value ?? ''))
            .join(','),
        )
        .join('\r\n') + '\r\n',
    );
  }
  return new Blob(text, { type: 'text/csv;charset=utf-8' });
}

function jsonLine(entry: TimelineEntry): string {
  const line = { ...entry, at: isoTime(entry) };
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ ...line, data: jsonText(entry.data) });
  }
}

/** Entries as JSON: `{ filter, timeZone, total, notLoaded, exportedAt, entries }`. */
export async function toJson(
  entries: readonly TimelineEntry[],
  { filter, timeZone, total, notLoaded, madeAt }: ExportFacts,
  progress: ExportProgress = {},
): Promise<Blob> {
  const head = { filter, timeZone, total, notLoaded, exportedAt: new Date(madeAt).toISOString() };
  const text: string[] = [JSON.stringify(head).slice(0, -1), ',"entries":['];
  let first = true;
  for await (const part of parts(entries, progress)) {
    text.push((first ? '' : ',') + part.map(jsonLine).join(',\n'));
    first = false;
  }
  text.push(']}\n');
  return new Blob(text, { type: 'application/json' });
}

const saveByLink: SaveFile = (file, name) => {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};

/** How a file is made and where it goes. */
export interface ExportOrder extends ExportProgress {
  /** Without a zone, the machine's is meant and named. */
  facts: Omit<ExportFacts, 'timeZone'> & { timeZone: string | null };
  /** Begin of the file's name; time and kind follow. */
  name: string;
  /** @default the browser saves it */
  save: SaveFile | undefined;
}

/** Makes a file and hands it on. */
export async function exportEntries(
  kind: 'csv' | 'json',
  entries: readonly TimelineEntry[],
  { facts, name, save = saveByLink, ...progress }: ExportOrder,
): Promise<void> {
  const timeZone = facts.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const make = kind === 'csv' ? toCsv : toJson;
  const file = await make(entries, { ...facts, timeZone }, progress);
  const stamp = new Date(facts.madeAt).toISOString().slice(0, 19).replaceAll(':', '');
  save(file, `${name}-${stamp}Z.${kind}`);
}
