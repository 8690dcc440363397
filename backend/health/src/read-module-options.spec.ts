import { describe, expect, it } from '@jest/globals';
import { diskHealth } from './providers/disk.health.ts';
import { readModuleOptions } from './read-module-options.ts';

const query = () => Promise.resolve([]);

describe('the options of the module', () => {
  it('are taken as they are when they are well', () => {
    for (const given of [
      {},
      {
        defaults: { intervalMs: 5000 },
        ...{ startupGraceMs: 1000, shutdownDrainMs: 1000 },
        checks: [diskHealth('/')],
        groups: { search: ['index'], live: [] },
        history: { dataSource: { query, options: { type: 'postgres' } }, node: 'a', retentionDays: 7 },
      },
      { history: { dataSource: { query } } },
    ]) {
      expect(readModuleOptions(given)).toBe(given);
    }
  });

  it.each([
    [
      'a factory that answers nothing',
      undefined,
      'the options must be an object, {} at least, not undefined',
    ],
    ['an option of another name', { startUpGraceMs: 1 }, 'startUpGraceMs is no option; there are defaults,'],
    ['routes in the answer of a factory', { http: false }, 'http is given beside useFactory'],
    ['isGlobal in the answer of a factory', { isGlobal: true }, 'isGlobal is given beside useFactory'],
    ['one check alone', { checks: diskHealth('/') }, 'checks must be a list'],
    ['a check that is not there', { checks: [diskHealth('/'), undefined] }, 'checks[1] is missing'],
    ['a check left out by &&', { checks: [''] }, 'checks[0] has no method checkHealth()'],
    ['a provider made for Terminus', { checks: [{ check: query }] }, 'checks[0] has no method checkHealth()'],
    ['groups as a list', { groups: ['ready'] }, 'groups must be an object'],
    ['one name as a group', { groups: { ready: 'db' } }, 'groups.ready must be a list of names'],
    ['checks as members', { groups: { ready: [diskHealth('/')] } }, 'groups.ready must be a list of names'],
    ['a history of another kind', { history: true }, 'history must be an object'],
    ['a misspelt data source', { history: { datasource: { query } } }, 'history.datasource is no option'],
    [
      'a data source nobody injected',
      { history: { dataSource: undefined } },
      'history.dataSource is missing',
    ],
    ['options of a data source', { history: { dataSource: {} } }, 'history.dataSource has no method query()'],
    [
      'another database',
      { history: { dataSource: { query, options: { type: 'mysql' } } } },
      'history.dataSource must be a PostgreSQL, and not "mysql"',
    ],
    ['a replica without a name', { history: { node: '' } }, 'history.node must be a text of 1 to 200'],
    ['a replica with a number', { history: { node: 7 } }, 'history.node must be a text of 1 to 200'],
  ])('name what is wrong: %s', (_what, given, message) => {
    expect(() => readModuleOptions(given)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`TerminusHealthModule: ${message}`),
        fields: [expect.objectContaining({ field: expect.any(String) })],
      }),
    );
  });
});
