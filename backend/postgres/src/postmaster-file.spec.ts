import { describe, expect, it } from '@jest/globals';
import { parsePostmasterFile } from './postmaster-file.ts';

describe('postmaster.pid', () => {
  it('names the process, its folder, its start, its port and its status', () => {
    const text = '8349\n/data/postgres\n1795321436\n27226\n\n127.0.0.1\n  1234  5678\nready   \n';
    expect(parsePostmasterFile(text)).toEqual({
      pid: 8349,
      dataDir: '/data/postgres',
      startedAtSeconds: 1_795_321_436,
      port: 27226,
      status: 'ready',
    });
  });

  it('has neither port nor status in the first moments', () => {
    expect(parsePostmasterFile('8349\n/data/postgres\n1795321436\n')).toMatchObject({
      port: undefined,
      status: '',
    });
    expect(parsePostmasterFile('8349')).toMatchObject({ pid: 8349, dataDir: '', status: '' });
  });

  it('names nobody when its first line is no process number', () => {
    expect(parsePostmasterFile('')).toBeUndefined();
    expect(parsePostmasterFile('-8349\n/data')).toBeUndefined();
    expect(parsePostmasterFile('garbage\n/data')).toBeUndefined();
  });
});
