import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  STAGE_STATUSES,
  type OperationPhase,
  type Stage,
  type StageError,
  type StageStatus,
  type StatusTracking,
} from '../tracking.ts';
import { IsIsoTime, MayBeLeftOut, MayBeNull } from './decorators.ts';

/** Why a stage failed. */
export class StageErrorDto implements StageError {
  @IsString()
  @MaxLength(100)
  code!: string;

  @IsString()
  @MaxLength(2000)
  message!: string;

  @MayBeLeftOut()
  @IsBoolean()
  retryable?: boolean;
}

/** A stage of an operation. */
export class StageDto implements Stage {
  @IsString()
  @MaxLength(100)
  stage!: string;

  @IsIn(STAGE_STATUSES)
  status!: StageStatus;

  @MayBeNull()
  @IsIsoTime()
  startedAt!: string | null;

  @MayBeNull()
  @IsIsoTime()
  completedAt!: string | null;

  @MayBeNull()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  durationSeconds!: number | null;

  @MayBeNull()
  @ValidateNested()
  @Type(() => StageErrorDto)
  error!: StageErrorDto | null;
}

/** A snapshot of an operation. */
export class StatusTrackingDto implements StatusTracking {
  @IsIn(STAGE_STATUSES)
  status!: StageStatus;

  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => StageDto)
  stages!: StageDto[];

  @MayBeNull()
  @IsString()
  @MaxLength(100)
  currentStage!: string | null;

  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(100)
  progressPercent!: number;

  @MayBeNull()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  estimatedDurationSeconds!: number | null;

  @MayBeLeftOut()
  @IsInt()
  @Min(0)
  version?: number;

  @MayBeLeftOut()
  @IsIn(['forward', 'rollback', 'done'])
  phase?: OperationPhase;
}
