export { isRole, roleAtLeast, ROLES, type Role, type Session } from './access.ts';
export {
  BROADCAST_CODES,
  broadcastCodeName,
  type BroadcastCode,
  type BroadcastCodeName,
} from './broadcast-codes.ts';
export {
  SOCKET_PATH,
  type BroadcastRefusal,
  type ClientToServerEvents,
  type CloseNotice,
  type ConnectionState,
  type ResetReason,
  type ServerToClientEvents,
  type SubscribeReply,
  type SubscribeRequest,
  type Subscribed,
  type TopicAnswer,
  type TopicMessage,
  type TopicReset,
  type TopicRevoked,
  type TopicSnapshot,
  type Welcome,
} from './broadcast.ts';
export {
  CATEGORY_STATUS,
  ERROR_CODES,
  httpStatusOf,
  isFleetdeckErrorCode,
  type ErrorCategory,
  type FleetdeckErrorCode,
} from './error-codes.ts';
export {
  HEALTH_SPAN_MS,
  HEALTH_SPANS,
  type ComponentHealth,
  type Criticality,
  type HealthBucket,
  type HealthHistory,
  type HealthIncident,
  type HealthPast,
  type HealthReport,
  type HealthSpan,
  type HealthTimeline,
  type HealthTransitionEntry,
  type HealthUpdate,
  type HealthUptime,
} from './health.ts';
export {
  isMetricAggregation,
  LABEL_NAME_PATTERN,
  MAX_LABEL_VALUE_LENGTH,
  MAX_LABELS,
  MAX_METRIC_NAME_LENGTH,
  MAX_POINTS_PER_REQUEST,
  METRIC_KINDS,
  METRIC_NAME_PATTERN,
  METRIC_WINDOW_MS,
  METRIC_WINDOWS,
  quantileOf,
  type GoodDirection,
  type MetricAggregation,
  type MetricBucket,
  type MetricDescriptor,
  type MetricKind,
  type MetricLabels,
  type MetricLive,
  type MetricPointInput,
  type MetricPointsAccepted,
  type MetricQuery,
  type MetricQueryAnswer,
  type MetricRecent,
  type MetricRecentAnswer,
  type MetricResult,
  type MetricWindow,
} from './metrics.ts';
export { labelsProblem } from './metric-labels.ts';
export { checkMetricPoints } from './metric-points.check.ts';
export { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type Page, type PageQuery } from './page.ts';
export { comparePosition, isPosition, MAX_EPOCH_LENGTH, type Position } from './position.ts';
export {
  isProblem,
  MAX_FIELD_PROBLEMS,
  PROBLEM_MEDIA_TYPE,
  problemOf,
  type FieldProblem,
  type Problem,
} from './problem.ts';
export {
  resolveStatus,
  severityOf,
  worstTone,
  type ResolvedStatus,
  type StatusFamily,
  type StatusTone,
} from './status.ts';
export { isIsoTime, ISO_TIME_EXPECTED } from './time.ts';
export {
  defineTopics,
  fleetdeckTopics,
  isTopicName,
  matchTopic,
  MAX_TOPIC_LENGTH,
  topic,
  type PayloadOf,
  type SystemNotice,
  type TopicDefinition,
  type TopicMap,
  type TopicMode,
  type TopicNameOf,
  type TopicNames,
  type TopicPayload,
} from './topics.ts';
export {
  newerTracking,
  STAGE_STATUSES,
  type OperationPhase,
  type Stage,
  type StageError,
  type StageStatus,
  type StatusTracking,
} from './tracking.ts';
