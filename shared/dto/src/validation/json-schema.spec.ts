import { describe, expect, it } from '@jest/globals';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { MetricPointsDto } from './metric-points.dto.ts';
import { schemaConverters } from './schema-converters.ts';
import { StatusTrackingDto } from './tracking.dto.ts';

type Storage = NonNullable<
  NonNullable<Parameters<typeof validationMetadatasToSchemas>[0]>['classTransformerMetadataStorage']
>;

// class-transformer publishes no types for the file that holds its storage.
const storageFile: string = 'class-transformer/cjs/storage.js';
const { defaultMetadataStorage } = (await import(storageFile)) as { defaultMetadataStorage: Storage };

describe('JSON schemas made from the validation classes', () => {
  const schemas = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: schemaConverters,
    refPointerPrefix: '#/components/schemas/',
  });

  it('describe a batch of points, its bounds and its nested points', () => {
    expect(schemas[MetricPointsDto.name]).toEqual({
      type: 'object',
      properties: {
        points: {
          type: 'array',
          minItems: 1,
          maxItems: 5000,
          items: { type: 'object', $ref: '#/components/schemas/MetricPointDto' },
        },
      },
      required: ['points'],
    });
    expect(schemas['MetricPointDto']).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 200, pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$' },
        value: { type: 'number' },
        labels: {
          type: 'object',
          maxProperties: 20,
          additionalProperties: { type: 'string', maxLength: 200 },
        },
        at: { type: 'string', format: 'date-time' },
      },
      required: ['name', 'value'],
    });
  });

  it('describe a snapshot of an operation, its stages and their errors', () => {
    const statuses = ['pending', 'in_progress', 'completed', 'failed'];
    expect(schemas[StatusTrackingDto.name]).toEqual({
      type: 'object',
      properties: {
        status: { type: 'string', enum: statuses },
        stages: { type: 'array', maxItems: 100, items: { $ref: '#/components/schemas/StageDto' } },
        currentStage: { type: 'string', maxLength: 100, nullable: true },
        progressPercent: { type: 'number', minimum: 0, maximum: 100 },
        estimatedDurationSeconds: { type: 'number', minimum: 0, nullable: true },
        version: { type: 'integer', minimum: 0 },
        phase: { type: 'string', enum: ['forward', 'rollback', 'done'] },
      },
      required: ['status', 'stages', 'progressPercent'],
    });
    expect(schemas['StageDto']).toEqual({
      type: 'object',
      properties: {
        stage: { type: 'string', maxLength: 100 },
        status: { type: 'string', enum: statuses },
        startedAt: { type: 'string', format: 'date-time', nullable: true },
        completedAt: { type: 'string', format: 'date-time', nullable: true },
        durationSeconds: { type: 'number', minimum: 0, nullable: true },
        error: { $ref: '#/components/schemas/StageErrorDto', nullable: true },
      },
      required: ['stage', 'status'],
    });
    expect(schemas['StageErrorDto']).toEqual({
      type: 'object',
      properties: {
        code: { type: 'string', maxLength: 100 },
        message: { type: 'string', maxLength: 2000 },
        retryable: { type: 'boolean' },
      },
      required: ['code', 'message'],
    });
  });
});
