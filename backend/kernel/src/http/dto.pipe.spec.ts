import { describe, expect, it } from '@jest/globals';
import type { ArgumentMetadata } from '@nestjs/common';
import { IsInt, IsString, Max, Min } from 'class-validator';
import type { FleetdeckError } from '../fleetdeck-error.ts';
import { DtoPipe } from './dto.pipe.ts';

class NameDto {
  @IsString()
  name!: string;
}

class PageDto {
  @IsInt()
  @Min(1)
  @Max(288)
  size!: number;
}

const body: ArgumentMetadata = { type: 'body', metatype: NameDto };

async function refusal(value: unknown, of: ArgumentMetadata = body): Promise<FleetdeckError> {
  try {
    await new DtoPipe().transform(value, of);
  } catch (thrown) {
    return thrown as FleetdeckError;
  }
  throw new Error('The body was accepted.');
}

describe('DtoPipe', () => {
  it('makes an instance of the class', async () => {
    expect(await new DtoPipe().transform({ name: 'a' }, body)).toBeInstanceOf(NameDto);
  });

  it('names the field, what was wrong, and once more in one sentence', async () => {
    const error = await refusal({ name: 7 });
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.fields).toEqual([{ field: 'name', message: 'name must be a string' }]);
    expect(error.message).toBe('name: name must be a string.');
  });

  it('says first what comes first: a text is no number, before it is one out of bounds', async () => {
    const error = await refusal({ size: 'two' }, { type: 'query', metatype: PageDto });
    expect(error.message).toBe('size: size must be an integer number.');
    expect(error.fields).toHaveLength(3);
  });

  it('repeats nothing of the body', async () => {
    const error = await refusal({ name: { password: 'hunter2' } });
    expect(JSON.stringify(error.toProblem())).not.toContain('hunter2');
  });

  it('says at least that it is not valid when class-validator gives no reason', () => {
    const { exceptionFactory } = new DtoPipe() as unknown as {
      exceptionFactory: (errors: { property: string }[]) => FleetdeckError;
    };
    expect(exceptionFactory([{ property: 'name' }])).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'Not valid.',
    });
  });

  it('leaves values alone that have no class to check them', async () => {
    const pipe = new DtoPipe();
    const any = { anything: 'goes' };
    expect(await pipe.transform(any, { type: 'body', metatype: Object })).toBe(any);
    expect(await pipe.transform('7', { type: 'param', metatype: String, data: 'id' })).toBe('7');
  });
});
