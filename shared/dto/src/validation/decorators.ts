import { buildMessage, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { labelsProblem } from '../metric-labels.ts';
import { isIsoTime, ISO_TIME_EXPECTED } from '../time.ts';

/** A point in time as {@link isIsoTime} takes it. */
export function IsIsoTime(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isIsoTime',
      validator: {
        validate: isIsoTime,
        defaultMessage: buildMessage((each) => `${each}$property ${ISO_TIME_EXPECTED}`, options),
      },
    },
    options,
  );
}

/** Labels of a series as {@link labelsProblem} takes them. */
export function IsMetricLabels(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isMetricLabels',
      validator: {
        validate: (value: unknown) => labelsProblem(value) === null,
        defaultMessage: (args) => `$property ${String(labelsProblem(args?.value))}`,
      },
    },
    options,
  );
}

/** May be left out. Unlike `IsOptional` it does not let `null` through, which the wire types do not have. */
export function MayBeLeftOut(): PropertyDecorator {
  return ValidateIf((_object: unknown, value: unknown) => value !== undefined);
}

/** The condition of {@link MayBeNull}, by which the JSON schema knows it. */
export const isNotNull = (_object: unknown, value: unknown): boolean => value !== null;

/** May be `null`, but not left out. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf(isNotNull);
}
