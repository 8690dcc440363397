import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import {
  ALERT_SEVERITIES,
  INCIDENT_STATUSES,
  MATCHER_OPERATORS,
  MAX_INCIDENT_RULES,
  MAX_INCIDENT_SEARCH_LENGTH,
  MAX_MATCHERS,
  type AlertSeverity,
  type IncidentQuery,
  type IncidentStatus,
  type MatcherOperator,
  type SilenceInput,
  type SilenceMatcher,
} from '../alerts.ts';
import { LABEL_NAME_PATTERN, MAX_LABEL_VALUE_LENGTH } from '../metrics.ts';
import { IsIsoTime, MayBeLeftOut } from './decorators.ts';
import { PageQueryDto } from './page-query.dto.ts';

// What PostgreSQL cannot hold in a text is refused: NUL, and half of a character that takes two.
const TEXT = /^[^\0\p{Surrogate}]*$/u;
const SAID = /^(?=[^]*\S)[^\0\p{Surrogate}]*$/u;
const NO_NUL = '$property must not hold the NUL character nor half of a character';

// A parameter that comes once is no list yet.
const listOf = (value: unknown): unknown => (value === undefined || Array.isArray(value) ? value : [value]);

/** The query of `GET /api/v1/incidents`. */
export class IncidentQueryDto extends PageQueryDto implements IncidentQuery {
  @IsOptional()
  @IsIn(['open', 'ended'])
  state?: 'open' | 'ended';

  @IsOptional()
  @IsIn(ALERT_SEVERITIES)
  severity?: AlertSeverity;

  /** Repeated for several. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => listOf(value))
  @ArrayMaxSize(MAX_INCIDENT_RULES)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  @Matches(TEXT, { each: true, message: NO_NUL })
  rule?: string[];

  /** Repeated for several. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => listOf(value))
  @ArrayMaxSize(INCIDENT_STATUSES.length)
  @IsIn(INCIDENT_STATUSES, { each: true })
  status?: IncidentStatus[];

  @IsOptional()
  @IsString()
  @MaxLength(MAX_INCIDENT_SEARCH_LENGTH)
  @Matches(TEXT, { message: NO_NUL })
  search?: string;

  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  facets?: boolean;

  @IsOptional()
  @IsIsoTime()
  from?: string;

  @IsOptional()
  @IsIsoTime()
  to?: string;
}

/** The body of `POST /api/v1/incidents/:id/ack`. */
export class AcknowledgeDto {
  /** What is being done about it. */
  @MayBeLeftOut()
  @IsString()
  @MaxLength(500)
  @Matches(SAID, {
    message: '$property must say something, without the NUL character and half of a character',
  })
  reason?: string;
}

/** One matcher of a silence. */
export class SilenceMatcherDto implements SilenceMatcher {
  @IsString()
  @MaxLength(200)
  @Matches(LABEL_NAME_PATTERN, { message: '$property must be the name of a label, as "rule" or "host"' })
  label!: string;

  @IsIn(MATCHER_OPERATORS)
  is!: MatcherOperator;

  @IsString()
  @MaxLength(MAX_LABEL_VALUE_LENGTH)
  @Matches(TEXT, { message: NO_NUL })
  value!: string;
}

/** The body of `POST /api/v1/silences`. */
export class SilenceInputDto implements SilenceInput {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MATCHERS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => SilenceMatcherDto)
  matchers!: SilenceMatcherDto[];

  @IsString()
  @MaxLength(500)
  @Matches(SAID, { message: '$property must say why, without the NUL character and half of a character' })
  reason!: string;

  @MayBeLeftOut()
  @IsIsoTime()
  startsAt?: string;

  @IsIsoTime()
  endsAt!: string;
}
