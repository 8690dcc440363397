import { describe, expect, it } from '@jest/globals';
import { firstComplaint, isAboutDamage, isAboutPort, ServerLog } from './server-log.ts';

const at = '2026-11-22 04:33:55.429 UTC [8297]';

describe('the log of a server', () => {
  it('is handed on line by line, however the text is cut', () => {
    const heard: string[] = [];
    const log = new ServerLog((line) => heard.push(line));
    log.add('first li');
    log.add('ne\nsecond line\n\nthi');
    expect(heard).toEqual(['first line', 'second line']);
    expect(log.lines()).toEqual(['first line', 'second line', 'thi']);
  });

  it('keeps the last 200 lines, none longer than 4,000 characters', () => {
    const log = new ServerLog(() => undefined);
    for (let line = 0; line < 250; line += 1) log.add(`${line}\n`);
    log.add('x'.repeat(10_000));
    log.add('y\n');
    expect(log.lines()).toHaveLength(200);
    expect(log.lines()[0]).toBe('51');
    expect(log.lines().at(-1)).toHaveLength(4_000);
  });
});

describe('the first complaint', () => {
  it('is the first fatal line without its time stamp and full stop', () => {
    expect(
      firstComplaint([
        `${at} LOG:  starting PostgreSQL 18.4`,
        `${at} FATAL:  database files are incompatible with server.`,
        `${at} DETAIL:  more`,
        `${at} FATAL:  another`,
      ]),
    ).toBe('database files are incompatible with server');
  });

  it('is the error line of a program', () => {
    expect(firstComplaint(['The files will be', 'initdb: error: no room', ''])).toBe('no room');
  });

  it('is the first line there is, or that there is none', () => {
    expect(firstComplaint(['', ' killed '])).toBe('killed');
    expect(firstComplaint([])).toBe('it said nothing');
  });
});

describe('what a complaint is about', () => {
  it('is damage for a bad control file, and not for a permission or a full disk', () => {
    expect(isAboutDamage([`${at} FATAL:  incorrect checksum in control file`])).toBe(true);
    expect(isAboutDamage([`${at} PANIC:  could not locate a valid checkpoint record at 0/1`])).toBe(true);
    expect(isAboutDamage([`${at} FATAL:  could not open file "base/1/2": No such file or directory`])).toBe(
      true,
    );
    expect(isAboutDamage([`${at} FATAL:  could not open file "base/1/2": Permission denied`])).toBe(false);
    expect(isAboutDamage([`${at} PANIC:  could not access file "x": No space left on device`])).toBe(false);
    expect(isAboutDamage([`${at} LOG:  could not read file "pg_control"`])).toBe(false);
  });

  it('is the port when the server could not listen on it', () => {
    expect(isAboutPort([`${at} LOG:  could not bind IPv4 address "127.0.0.1": Address already in use`])).toBe(
      true,
    );
    expect(isAboutPort([`${at} FATAL:  data directory "x" has invalid permissions`])).toBe(false);
  });
});
