import { Injectable, ValidationPipe, type ValidationError } from '@nestjs/common';
import { MAX_FIELD_PROBLEMS, type FieldProblem } from '@fleetdeck/dto';
import { FleetdeckError } from '../fleetdeck-error.ts';

/**
 * Checks a body or query against its class-validator class and refuses it with `INVALID_INPUT`, naming each field.
 * Unknown fields are refused too: a misspelt one would be silently ignored otherwise. Bind it to controllers.
 */
@Injectable()
export class DtoPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => {
        const fields = flatten(errors, '').slice(0, MAX_FIELD_PROBLEMS);
        const first = fields[0];
        return new FleetdeckError(
          'INVALID_INPUT',
          first ? `${first.field}: ${first.message}.` : 'Not valid.',
          { fields },
        );
      },
    });
  }
}

function flatten(errors: readonly ValidationError[], parent: string): FieldProblem[] {
  return errors.flatMap((error) => {
    const field = fieldPath(parent, error.property);
    // class-validator begins at the decorator that stands last, and the one that stands first says what it is at all.
    const own = Object.values(error.constraints ?? {})
      .reverse()
      .map((message) => ({ field, message }));
    return [...own, ...flatten(error.children ?? [], field)];
  });
}

function fieldPath(parent: string, property: string): string {
  if (/^\d+$/.test(property)) return `${parent}[${property}]`;
  return parent === '' ? property : `${parent}.${property}`;
}
