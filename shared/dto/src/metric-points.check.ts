import { labelsProblem, shortened } from './metric-labels.ts';
import {
  MAX_METRIC_NAME_LENGTH,
  MAX_POINTS_PER_REQUEST,
  MAX_REJECTED_POINTS,
  METRIC_NAME_PATTERN,
  type MetricPointInput,
  type MetricPointRejected,
} from './metrics.ts';
import { MAX_FIELD_PROBLEMS, type FieldProblem } from './problem.ts';
import { isIsoTime, ISO_TIME_EXPECTED } from './time.ts';

/**
 * Checks the body of `POST /api/v1/metrics/points` in one loop. It follows the rules of `MetricPointsDto`, which
 * documents them for OpenAPI; class-validator would block the event loop for tens of milliseconds on a full batch.
 * Unknown fields are refused, since a misspelt one would be silently ignored otherwise.
 *
 * @returns the points of the body that are right, not copied, with the place of each, and those that are not, at most
 *   {@link MAX_REJECTED_POINTS} of them; or what is wrong, at most {@link MAX_FIELD_PROBLEMS} fields, when that is the
 *   body itself or every point
 * @example
 * const checked = checkMetricPoints(body);
 * if ('fields' in checked) throw new FleetdeckError('INVALID_INPUT', 'The points are not valid.', checked);
 * for (const { name, value } of checked.points) sink.record(name, value);
 */
export function checkMetricPoints(body: unknown): CheckedMetricPoints | { fields: FieldProblem[] } {
  if (!isObject(body)) {
    return { fields: [{ field: 'body', message: 'must be an object with the array "points"' }] };
  }
  const fields: FieldProblem[] = [];
  for (const key in body) {
    if (key !== 'points') fields.push({ field: shortened(key), message: 'is not a known field' });
  }
  const sent = body['points'];
  if (!Array.isArray(sent) || sent.length < 1 || sent.length > MAX_POINTS_PER_REQUEST) {
    fields.push({ field: 'points', message: `must be an array of 1 to ${MAX_POINTS_PER_REQUEST} points` });
  }
  const bodyIsWrong = fields.length > 0;
  if (!Array.isArray(sent) || sent.length > MAX_POINTS_PER_REQUEST) {
    return { fields: fields.slice(0, MAX_FIELD_PROBLEMS) };
  }
  const points: MetricPointInput[] = [];
  const places: number[] = [];
  const rejected: MetricPointRejected[] = [];
  let rejectedCount = 0;
  for (let i = 0; i < sent.length; i += 1) {
    const problems: FieldProblem[] = [];
    checkPoint(sent[i], i, problems);
    const [first] = problems;
    if (first === undefined) {
      points.push(sent[i] as MetricPointInput);
      places.push(i);
      continue;
    }
    rejectedCount += 1;
    if (rejected.length < MAX_REJECTED_POINTS) rejected.push({ index: i, ...first });
    for (const problem of problems) if (fields.length < MAX_FIELD_PROBLEMS) fields.push(problem);
  }
  if (bodyIsWrong || points.length === 0) return { fields: fields.slice(0, MAX_FIELD_PROBLEMS) };
  return { points, places, rejected, rejectedCount };
}

/** The points of a body of which at least one is right. */
export interface CheckedMetricPoints {
  points: MetricPointInput[];
  /** Where each stands in the body. */
  places: number[];
  /** What was wrong with the others: the first problem of each. */
  rejected: MetricPointRejected[];
  rejectedCount: number;
}

function checkPoint(point: unknown, index: number, fields: FieldProblem[]): void {
  const refuse = (field: string, message: string): void => {
    fields.push({ field: `points[${index}]${field}`, message });
  };
  if (!isObject(point)) {
    refuse('', 'must be an object with name and value');
    return;
  }
  for (const key in point) {
    if (key !== 'name' && key !== 'value' && key !== 'labels' && key !== 'at') {
      refuse(`.${shortened(key)}`, 'is not a known field; a point has name, value, labels and at');
    }
  }
  const { name, value, labels, at } = point;
  if (typeof name !== 'string' || name.length > MAX_METRIC_NAME_LENGTH || !METRIC_NAME_PATTERN.test(name)) {
    refuse(
      '.name',
      `must be a metric's name of at most ${MAX_METRIC_NAME_LENGTH} letters, digits, _ and :, not starting with a digit`,
    );
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse('.value', 'must be a finite number');
  if (labels !== undefined) {
    const problem = labelsProblem(labels);
    if (problem !== null) refuse('.labels', problem);
  }
  if (at !== undefined && !isIsoTime(at)) refuse('.at', ISO_TIME_EXPECTED);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
