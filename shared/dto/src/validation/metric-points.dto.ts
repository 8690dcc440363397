import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsNumber,
  IsObject,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import {
  MAX_METRIC_NAME_LENGTH,
  MAX_POINTS_PER_REQUEST,
  METRIC_NAME_PATTERN,
  type MetricPointInput,
} from '../metrics.ts';
import { IsIsoTime, IsMetricLabels, MayBeLeftOut } from './decorators.ts';

/** One point of a request, for class-validator and the OpenAPI document. */
export class MetricPointDto implements MetricPointInput {
  @IsString()
  @MaxLength(MAX_METRIC_NAME_LENGTH)
  @Matches(METRIC_NAME_PATTERN)
  name!: string;

  @IsNumber({ allowNaN: false, allowInfinity: false })
  value!: number;

  @MayBeLeftOut()
  @IsMetricLabels()
  labels?: Record<string, string>;

  @MayBeLeftOut()
  @IsIsoTime()
  at?: string;
}

/**
 * The body of `POST /api/v1/metrics/points`. For the OpenAPI document and for small bodies; a service checks batches
 * with `checkMetricPoints`, which gives the same verdict and does not block the event loop.
 */
export class MetricPointsDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_POINTS_PER_REQUEST)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => MetricPointDto)
  points!: MetricPointDto[];
}
