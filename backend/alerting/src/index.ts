export { AlertingModule } from './alerting.module.ts';
export {
  parseAlertingSettings,
  type AlertingModuleExtras,
  type AlertingOptions,
  type AlertingSettings,
} from './alerting.options.ts';
export { ALERTS_TOPIC } from './alerting.ports.ts';
export { Alerting, EVALUATOR_LEASE, MAX_SILENCES, type AlertingStats } from './alerting.service.ts';
export type { EvaluatorStats } from './evaluate/evaluator.ts';
export { alertingMigrations } from './migrations/alerting-migrations.ts';
export { logSink, type LogSinkOptions } from './notify/log.sink.ts';
export { NoticeRefused, type NoticeSink } from './notify/notice-sink.ts';
export { MAX_ROUTES } from './notify/parse-routes.ts';
export type { AlertRoute } from './notify/route-notices.ts';
export { SIGNATURE_HEADER, signWebhook, verifyWebhook } from './notify/webhook-signature.ts';
export { webhookSink, type WebhookSinkOptions } from './notify/webhook.sink.ts';
export type {
  AlertRule,
  Comparison,
  HealthRule,
  MetricRule,
  NoDataPolicy,
  RuleCondition,
  RuleHealth,
  RuleMetric,
} from './rule/alert-rule.ts';
export { MAX_RULES, parseRules } from './rule/parse-rules.ts';
export { ALERTING_TIMERS, type AlertingTimers } from './timers.ts';
