import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { IsIsoTime } from './decorators.ts';
import { PageQueryDto } from './page-query.dto.ts';

/** The query of `GET /api/v1/health/components/:name/history`. */
export class HealthHistoryQueryDto extends PageQueryDto {
  /** @default 30 days before `to` */
  @IsOptional()
  @IsIsoTime()
  from?: string;

  /** @default now */
  @IsOptional()
  @IsIsoTime()
  to?: string;

  /** Only what this replica saw. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  node?: string;
}

/** The query of `GET /api/v1/health/timeline`. */
export class HealthTimelineQueryDto {
  /** How far back to go, one hour to 30 days. @default 86400 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(3_600)
  @Max(2_592_000)
  spanSeconds?: number;

  /** Pieces of equal length, 1 to 288. @default 48 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(288)
  buckets?: number;
}
