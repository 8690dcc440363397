import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import {
  LABEL_NAME_PATTERN,
  MAX_LABELS,
  MAX_METRIC_NAME_LENGTH,
  METRIC_NAME_PATTERN,
  METRIC_WINDOWS,
  type MetricAggregation,
  type MetricWindow,
} from '../metrics.ts';
import { IsIsoTime } from './decorators.ts';

const AGGREGATION_PATTERN =
  /^(?:avg|min|max|sum|count|last|ratePerSecond|ratePerMinute|p(?!0+(?:\.0+)?$)\d{1,2}(?:\.\d{1,4})?)$/;

// NUL is refused: PostgreSQL cannot hold it in a text.
const LABEL_PAIR = /^(?!__proto__:)[a-zA-Z_][a-zA-Z0-9_]*:[^\0]{0,200}$/;

function list({ value }: { value: unknown }): unknown {
  if (typeof value === 'string') return value.split(',').filter((part) => part !== '');
  return value;
}

/** As {@link list}, but a comma within a value stays, unless what follows reads as another label. */
function labelList({ value }: { value: unknown }): unknown {
  if (typeof value === 'string') return value.split(/,+(?=[a-zA-Z_]\w*:)|,+$/).filter((part) => part !== '');
  return value;
}

/** The query of `GET /api/v1/metrics/query`. */
export class MetricQueryDto {
  @IsString()
  @MaxLength(MAX_METRIC_NAME_LENGTH)
  @Matches(METRIC_NAME_PATTERN)
  metricName!: string;

  @IsIn(METRIC_WINDOWS)
  timeWindow!: MetricWindow;

  /** One, or several that are answered from one read, comma separated or repeated. */
  @Transform(list)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(10)
  @Matches(AGGREGATION_PATTERN, {
    each: true,
    message:
      'aggregation must be avg, min, max, sum, count, last, ratePerSecond, ratePerMinute or a percentile such as p95',
  })
  aggregation!: MetricAggregation[];

  /** Labels as `key:value`, comma separated or repeated. */
  @IsOptional()
  @Transform(labelList)
  @IsArray()
  @ArrayMaxSize(MAX_LABELS)
  @Matches(LABEL_PAIR, { each: true, message: 'each label must read name:value' })
  labels?: string[];

  @IsOptional()
  @IsIsoTime()
  from?: string;

  @IsOptional()
  @IsIsoTime()
  to?: string;

  /** Label names, comma separated or repeated. */
  @IsOptional()
  @Transform(list)
  @IsArray()
  @ArrayMaxSize(5)
  @Matches(LABEL_NAME_PATTERN, { each: true, message: 'each groupBy must be the name of a label' })
  groupBy?: string[];
}

/** The query of `GET /api/v1/metrics/recent`. */
export class MetricRecentQueryDto {
  /** Names of metrics, comma separated or repeated. */
  @Transform(list)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @MaxLength(MAX_METRIC_NAME_LENGTH, { each: true })
  @Matches(METRIC_NAME_PATTERN, { each: true })
  metricName!: string[];

  /** How far back to go. @default 300 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(10)
  @Max(86_400)
  spanSeconds?: number;

  /** Values a series, evenly spaced. @default 60 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(300)
  maxPoints?: number;
}
