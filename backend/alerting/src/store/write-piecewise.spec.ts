import { expect, it } from '@jest/globals';
import { isRefusal } from './write-piecewise.ts';

it.each([
  ['22P02', true], // a text that is no number
  ['23514', true], // a check that it breaks
  ['54000', true], // a row that is too long for its index
  ['40001', false], // another transaction was quicker
  ['53300', false], // too many connections
  ['57P01', false], // it shuts down
  ['ECONNRESET', false],
  [undefined, false],
])('an error with code %s is for the data: %s', (code, is) => {
  expect(isRefusal(Object.assign(new Error('x'), { code }))).toBe(is);
  expect(isRefusal(null)).toBe(false);
});
