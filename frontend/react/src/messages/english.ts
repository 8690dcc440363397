import { englishStatus, type Messages } from '../messages.ts';
import { englishConnection } from './connection.ts';
import { englishHealth } from './health.ts';
import { englishMetric } from './metric.ts';
import { englishSummary } from './summary.ts';

/** The default words. */
export const englishMessages: Messages = {
  ...englishStatus,
  ...englishSummary,
  ...englishMetric,
  ...englishConnection,
  ...englishHealth,
};
