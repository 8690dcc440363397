import { ValidationTypes } from 'class-validator';
import { MAX_LABEL_VALUE_LENGTH, MAX_LABELS } from '../metrics.ts';
import { isNotNull } from './decorators.ts';

/**
 * JSON schemas of the decorators that are Fleetdeck's own, for the option `additionalConverters` of
 * class-validator-jsonschema. A field that may be `null` becomes `nullable`, the word of OpenAPI 3.0.
 *
 * @example
 * validationMetadatasToSchemas({ classTransformerMetadataStorage: storage, additionalConverters: schemaConverters });
 */
export const schemaConverters = {
  isIsoTime: { type: 'string', format: 'date-time' },
  isMetricLabels: {
    type: 'object',
    maxProperties: MAX_LABELS,
    additionalProperties: { type: 'string', maxLength: MAX_LABEL_VALUE_LENGTH },
  },
  [ValidationTypes.CONDITIONAL_VALIDATION]: (field: { constraints: readonly unknown[] }) =>
    field.constraints[0] === isNotNull ? { nullable: true } : {},
} as const;
