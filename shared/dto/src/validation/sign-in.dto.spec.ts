import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SignInDto } from './sign-in.dto.ts';

const faultsOf = (body: unknown) => validateSync(plainToInstance(SignInDto, body));

describe('SignInDto', () => {
  it('takes a token', () => {
    expect(faultsOf({ token: 'abc' })).toEqual([]);
  });

  it.each([[{}], [{ token: '' }], [{ token: 7 }], [{ token: 'x'.repeat(8193) }]])('refuses %j', (body) => {
    expect(faultsOf(body).map(({ property }) => property)).toEqual(['token']);
  });
});
