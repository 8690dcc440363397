/** @jest-environment node */
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import { pseudo, pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';
import { csvCell, readCell, toCsv, toJson } from './exportEntries.ts';
import { noFilter } from './filter.ts';

const facts = {
  ...{ filter: noFilter, timeZone: 'Europe/Lisbon', total: 20, told: false, notLoaded: [] },
  ...{ madeAt: STORY_NOW, words: timelinePartWords({}) },
  ...{ typeLabel: (type: string) => type, statusLabel: (status: string) => status },
};

/** Reads CSV by RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quoted) {
      if (char === '"' && text.charAt(at + 1) === '"') cell += text.charAt((at += 1));
      else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"') quoted = true;
    else if (char === ',') cell = push(cell);
    else if (char === '\r' && text.charAt(at + 1) === '\n') {
      cell = push(cell);
      rows.push([]);
      at += 1;
    } else cell += char;
  }
  return rows.slice(0, -1);

  function push(done: string): string {
    rows.at(-1)?.push(done);
    return '';
  }
}

describe('CSV', () => {
  it('names filter, zone, count and time, then the columns', async () => {
    const file = await toCsv(someEvents, { ...facts, filter: { ...noFilter, types: ['health'] } });
    const bytes = new Uint8Array(await file.arrayBuffer());
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = new TextDecoder().decode(bytes).split('\r\n');
    expect(lines.slice(0, 5)).toEqual([
      '# Filter: Type health',
      '# Time zone: Europe/Lisbon',
      '# Entries: 9 of 20',
      '# Exported at: 2026-01-15T14:07:12.000Z',
      'id,at,type,status,title,actor,description,data',
    ]);
    expect(lines[7]).toBe('e3,2026-01-15T13:40:12.000Z,deployment,success,billing-03 deployed 1.9.2,jo,,');
  });

  it('has fields that JSON cannot write as text, as a file of JSON does', async () => {
    const loop: Record<string, unknown> = { size: 1 };
    loop['self'] = loop;
    const entries = [{ id: 'x', at: STORY_NOW, title: 'X', data: loop }, ...someEvents];
    const csv = await (await toCsv(entries, facts)).text();
    expect(csv).toContain('x,2026-01-15T14:07:12.000Z,,,X,,,[object Object]\r\ne1,');
    const json = JSON.parse(await (await toJson(entries, facts)).text()) as { entries: { data?: unknown }[] };
    expect(json.entries).toHaveLength(10);
    expect(json.entries[0]?.data).toBe('[object Object]');
  });

  it('names what was not loaded', async () => {
    const csv = await (await toCsv(someEvents, { ...facts, notLoaded: ['newer', 'older'] })).text();
    expect(csv).toContain('\r\n# Entries: 9 of 20 loaded\r\n# Not loaded: newer entries · older entries\r\n');
  });

  it('has no English at its head in another language, and calls types and statuses as the page does', async () => {
    const filter = {
      ...{ text: '1', types: ['health', 'queue'], statuses: ['failed'] },
      ...{ from: '2026-01-15', to: '2026-01-16' },
    };
    const others = { words: timelinePartWords(pseudoMessages), typeLabel: pseudo, statusLabel: pseudo };
    for (const named of [filter, noFilter]) {
      const given = { ...facts, ...others, filter: named, notLoaded: ['newer', 'older'] as const };
      const csv = await (await toCsv([], given)).text();
      const head = csv.slice(0, csv.indexOf('id,at'));
      expect(unmarked(head).replaceAll('Europe/Lisbon', '')).not.toMatch(/[a-su-y]/i);
    }
  });

  it('keeps what the filter says on its line and in its cell', async () => {
    const filter = { ...noFilter, text: 'a,=1+1;=2\r\n=3 100 %"' };
    const csv = await (await toCsv([], { ...facts, filter })).text();
    expect(csv.split('\r\n')[0]).toBe('# Filter: Search a%2C=1+1%3B=2%0D%0A=3 100 %25%22');
  });

  it.each([
    [{ total: 120, told: true }, '9 of 120'],
    [{ total: null, told: false }, '9 loaded'],
  ])('of what a service filtered says how many there are where it told that: %j', async (known, written) => {
    const csv = await (await toCsv(someEvents, { ...facts, ...known, notLoaded: ['older'] })).text();
    expect(csv).toContain(`\r\n# Entries: ${written}\r\n# Not loaded: older entries\r\n`);
  });

  it('gives back every text as it was, and no cell is a formula', async () => {
    // A negative number after a comma is one, whichever program splits there.
    const formula = /^[\t\r\n]|(?:^|[;\t\r\n]|,(?!-1+\]*(?:,|$)))[\s"]*[=+\-@＝＋－＠]/;
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...`=+-@＝＋－＠'",;\r\n\t \u00a0a1]`) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ title: text, actor: text }), { maxLength: 5 }), async (given) => {
        const entries = given.map((each, index) => ({ id: `i${index}`, at: index, ...each }));
        const csv = await (await toCsv(entries, facts)).text();
        const rows = readCsv(csv.slice(csv.indexOf('id,at')));
        expect(rows.slice(1).map((row) => [row[4], row[5]].map((cell) => readCell(cell ?? '')))).toEqual(
          given.map(({ title, actor }) => [title, actor]),
        );
        expect(rows.flat().filter((cell) => formula.test(cell))).toEqual([]);
      }),
    );
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['-3', "'-3"],
    ['say "hi"', '"say ""hi"""'],
    [' padded', '" padded"'],
    ['plain', 'plain'],
    ['x;=1+1', "x;'=1+1"],
    ['x, @SUM(A1)', `"x, '@SUM(A1)"`],
    ['x;"=1+1"', `"x;""'=1+1"""`],
    ['a\t=1', "a\t'=1"],
    ['＝1+1', "'＝1+1"],
    ['\n=1+1', `"'\n'=1+1"`],
    [' =1+1', `" '=1+1"`],
    ['a well-known name = x', 'a well-known name = x'],
  ])('writes %j as %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  it('leaves negative numbers in fields readable as JSON', async () => {
    const data = { load: [1, -2, -0.5, -1e-9], one: -3 };
    const csv = await (await toCsv([{ id: 'x', at: 0, title: 't', data }], facts)).text();
    expect(JSON.parse(readCsv(csv.slice(csv.indexOf('id,at')))[1]?.[7] ?? '')).toEqual(data);
  });

  it('leaves a time that cannot be read empty', async () => {
    const csv = await (await toCsv([{ id: 'x', at: 'never', title: 't' }], facts)).text();
    expect(csv).toContain('\r\nx,,,,t,,,\r\n');
  });
});

describe('JSON', () => {
  it('is one object with the facts and the entries', async () => {
    const json = JSON.parse(await (await toJson(manyEvents(2500), facts)).text()) as {
      entries: { id: string; at: string }[];
    };
    expect(json).toMatchObject({ timeZone: 'Europe/Lisbon', total: 20, filter: noFilter });
    expect(json.entries).toHaveLength(2500);
    expect(json.entries[0]?.at).toMatch(/^2026-01-15T.*Z$/);
    expect(JSON.parse(await (await toJson([], facts)).text())).toMatchObject({ entries: [] });
  });
});

describe('a long export', () => {
  it('tells how far it is and can be cancelled', async () => {
    const end = new AbortController();
    const steps: number[] = [];
    const run = toCsv(manyEvents(5000), facts, {
      signal: end.signal,
      onProgress: (done) => {
        steps.push(done);
        if (done === 0.4) end.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toEqual([0.2, 0.4]);
  });
});
