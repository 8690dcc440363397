export { AcknowledgeDto, IncidentQueryDto, SilenceInputDto, SilenceMatcherDto } from './alerts.dto.ts';
export { IsIsoTime, IsMetricLabels, MayBeLeftOut, MayBeNull } from './decorators.ts';
export { HealthHistoryQueryDto, HealthTimelineQueryDto } from './health-query.dto.ts';
export { MetricPointDto, MetricPointsDto } from './metric-points.dto.ts';
export { MetricQueryDto, MetricRecentQueryDto } from './metric-query.dto.ts';
export { PageQueryDto } from './page-query.dto.ts';
export { schemaConverters } from './schema-converters.ts';
export { StageDto, StageErrorDto, StatusTrackingDto } from './tracking.dto.ts';
export { SignInDto } from './sign-in.dto.ts';
