import { describe, expect, it } from '@jest/globals';
import * as dto from './index.ts';

describe('the public entry', () => {
  it('offers these values and no others', () => {
    expect(Object.keys(dto).sort()).toMatchInlineSnapshot(`
     [
       "ALERT_SEVERITIES",
       "ALERT_STATES",
       "BROADCAST_CODES",
       "CATEGORY_STATUS",
       "DEFAULT_PAGE_SIZE",
       "ERROR_CODES",
       "HEALTH_SPANS",
       "HEALTH_SPAN_MS",
       "HEALTH_TOLD_EVERY_MS",
       "INCIDENT_STATUSES",
       "ISO_TIME_EXPECTED",
       "LABEL_NAME_PATTERN",
       "MATCHER_OPERATORS",
       "MAX_EPOCH_LENGTH",
       "MAX_FIELD_PROBLEMS",
       "MAX_INCIDENT_RULES",
       "MAX_INCIDENT_SEARCH_LENGTH",
       "MAX_LABELS",
       "MAX_LABEL_VALUE_LENGTH",
       "MAX_MATCHERS",
       "MAX_METRIC_NAME_LENGTH",
       "MAX_PAGE_SIZE",
       "MAX_POINTS_PER_REQUEST",
       "MAX_REJECTED_POINTS",
       "MAX_TOPIC_LENGTH",
       "METRIC_KINDS",
       "METRIC_NAME_PATTERN",
       "METRIC_WINDOWS",
       "METRIC_WINDOW_MS",
       "PROBLEM_MEDIA_TYPE",
       "ROLES",
       "SOCKET_PATH",
       "STAGE_STATUSES",
       "broadcastCodeName",
       "checkMetricPoints",
       "comparePosition",
       "componentStaleMs",
       "defineTopics",
       "fleetdeckTopics",
       "httpStatusOf",
       "isFleetdeckErrorCode",
       "isIsoTime",
       "isMetricAggregation",
       "isPosition",
       "isProblem",
       "isRole",
       "isTopicName",
       "labelsProblem",
       "matchTopic",
       "matchesLabels",
       "newerTracking",
       "problemOf",
       "quantileOf",
       "resolveStatus",
       "roleAtLeast",
       "severityOf",
       "topic",
       "worstTone",
     ]
    `);
  });

  it('serves the socket at the path that proxies are set up for', () => {
    expect(dto.SOCKET_PATH).toBe('/ws/platform');
  });
});
