import { describe, expect, it } from '@jest/globals';
import { judgeLeftover } from './adopt.ts';

const file = { pid: 7, dataDir: '/d/postgres', startedAtSeconds: 1_000, port: 20_000, status: 'ready' };
const process = (startedAtMs: number, name = 'postgres') => ({ pid: 7, startedAt: '1', startedAtMs, name });

describe('a postmaster.pid that lies in a cluster', () => {
  it('is that of an orphan when folder and start time are those of the living process', () => {
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', process(999_500))).toBe('orphan');
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', process(990_000))).toBe('orphan');
  });

  it('is that of the dead when nobody has the number, or a program that is no PostgreSQL', () => {
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', undefined)).toBe('dead');
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', process(5_000_000, 'bash'))).toBe('dead');
  });

  it('is not judged when a PostgreSQL with another start has the number', () => {
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', process(1_010_001))).toBe('other-start');
    expect(judgeLeftover(file, '/d/postgres', '/d/postgres', process(989_999))).toBe('other-start');
  });

  it('is that of a server elsewhere when the folder was copied from there', () => {
    expect(judgeLeftover(file, '/elsewhere', '/d/postgres', process(1_000_000))).toBe('other-folder');
  });
});
