import { describe, expect, it } from '@jest/globals';
import { identifyProcess, ownProcessSpace, parseProcStat, parsePs } from './process-identity.ts';

const stat = (name: string, state: string, ticks: number): string =>
  `4242 (${name}) ${state} 1 4242 4242 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 ${ticks} 1 1\n`;

describe('the identity of a process', () => {
  it('is read from /proc, with the boot added to the ticks', () => {
    expect(parseProcStat(4242, stat('postgres', 'S', 12345), 1_000)).toEqual({
      pid: 4242,
      startedAt: '12345',
      startedAtMs: 1_123_450,
      name: 'postgres',
    });
  });

  it('survives a program name with brackets and blanks', () => {
    expect(parseProcStat(4242, stat('a) b (c', 'R', 7), 0)).toMatchObject({
      name: 'a) b (c',
      startedAt: '7',
    });
  });

  it('is that of nobody for a zombie, which holds nothing any more', () => {
    expect(parseProcStat(4242, stat('postgres', 'Z', 12345), 0)).toBeUndefined();
    expect(parseProcStat(4242, stat('postgres', 'X', 12345), 0)).toBeUndefined();
  });

  it('is that of nobody for a line that is none', () => {
    expect(parseProcStat(4242, '', 0)).toBeUndefined();
    expect(parseProcStat(4242, '4242 (postgres) S 1', 0)).toBeUndefined();
  });

  it('is read from ps where there is no /proc', () => {
    expect(parsePs(7, 'Ss   Sun Nov  1 04:13:09 2026     /opt/bin/postgres\n')).toEqual({
      pid: 7,
      startedAt: 'Sun Nov  1 04:13:09 2026',
      startedAtMs: Date.UTC(2026, 10, 1, 4, 13, 9),
      name: 'postgres',
    });
    expect(parsePs(7, 'Z    Sun Nov  1 04:13:09 2026     postgres\n')).toBeUndefined();
    expect(parsePs(7, '')).toBeUndefined();
  });

  it('is the same whenever the same process is asked about, and by either way', async () => {
    const [first, second, byPs] = await Promise.all([
      identifyProcess(process.pid),
      identifyProcess(process.pid),
      identifyProcess(process.pid, 'darwin'),
    ]);
    expect(first).toBeDefined();
    expect(second).toEqual(first);
    expect(Math.abs((byPs?.startedAtMs ?? 0) - (first?.startedAtMs ?? 0))).toBeLessThan(2_500);
  });

  it('is that of nobody for a number that nobody has', async () => {
    expect(await identifyProcess(2 ** 30)).toBeUndefined();
    expect(await identifyProcess(2 ** 30, 'darwin')).toBeUndefined();
  });

  it('lies in a space that stays the same for one process', () => {
    expect(ownProcessSpace()).toEqual(ownProcessSpace());
  });
});
