import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { Stage, StatusTracking } from '../tracking.ts';
import { StatusTrackingDto } from './tracking.dto.ts';

const stage: Stage = {
  stage: 'container',
  status: 'pending',
  startedAt: null,
  completedAt: null,
  durationSeconds: null,
  error: null,
};
const fresh: StatusTracking = {
  status: 'pending',
  stages: [stage],
  currentStage: null,
  progressPercent: 0,
  estimatedDurationSeconds: null,
};
const failed: Stage = {
  stage: 'queues',
  status: 'failed',
  startedAt: '2026-01-31T08:00:00.000Z',
  completedAt: '2026-01-31T08:00:01.500Z',
  durationSeconds: 1.5,
  error: { code: 'CANCELLED', message: 'The operator cancelled it.', retryable: false },
};

function accepts(snapshot: object): boolean {
  const errors = validateSync(plainToInstance(StatusTrackingDto, snapshot), {
    whitelist: true,
    forbidNonWhitelisted: true,
  });
  return errors.length === 0;
}

describe('StatusTrackingDto', () => {
  it('takes a fresh and a failed operation', () => {
    expect(accepts(fresh)).toBe(true);
    expect(
      accepts({
        ...fresh,
        status: 'failed',
        stages: [failed],
        currentStage: 'queues',
        version: 3,
        phase: 'rollback',
      }),
    ).toBe(true);
  });

  it.each([
    ['a status of its own', { status: 'running' }],
    ['more than 100 %', { progressPercent: 101 }],
    ['a percentage that is no number', { progressPercent: Number.NaN }],
    ['no current stage at all', { currentStage: undefined }],
    ['no estimate at all', { estimatedDurationSeconds: undefined }],
    ['time that runs backwards', { estimatedDurationSeconds: -1 }],
    ['half a version', { version: 1.5 }],
    ['a version that is null', { version: null }],
    ['an unknown phase', { phase: 'sideways' }],
    ['too many stages', { stages: Array.from({ length: 101 }, () => stage) }],
    ['a stage with a start in words', { stages: [{ ...stage, startedAt: 'today' }] }],
    ['a stage without its end', { stages: [{ ...stage, completedAt: undefined }] }],
    ['a stage with a negative duration', { stages: [{ ...stage, durationSeconds: -1 }] }],
    ['an error without a message', { stages: [{ ...failed, error: { code: 'CANCELLED' } }] }],
    ['an error that is a text', { stages: [{ ...failed, error: 'broken' }] }],
    ['an unknown field', { eta: 7 }],
  ])('refuses %s', (_words, part) => {
    expect(accepts({ ...fresh, ...part })).toBe(false);
  });
});
