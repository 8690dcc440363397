// What the hooks over HTTP make of answers and messages: one file, so that it is loaded once, with their first read.
export { createAlertsModel } from './alertsModel.ts';
export { createHealthModel } from './healthModel.ts';
export { createHealthTimelineModel } from './healthTimelineModel.ts';
export { createMetricModel } from './metricModel.ts';
export { createMetricsModel } from './metricsModel.ts';
