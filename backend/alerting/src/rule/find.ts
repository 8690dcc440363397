import type { ParsedRule, RuleCondition } from './alert-rule.ts';
import type { Finding } from './state-machine.ts';

/** What was read for one series of a rule. */
export interface Reading {
  /** The labels that tell it from the rule's other series. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of a metric its value; of health 0 for well, 1 for degraded, 2 for critical. `null` when there was none. */
  readonly value: number | null;
  /** What health says about it. */
  readonly reason?: string;
}

/** What a value means to a rule. */
export function findingOf(rule: ParsedRule, value: number | null): Finding {
  if (value === null) return 'none';
  if (rule.source.kind === 'health') {
    return value >= (rule.source.health.status === 'critical' ? 2 : 1) ? 'bad' : 'good';
  }
  const { when } = rule.source;
  if (isBad(when, value)) return 'bad';
  return isPast(when, value) ? 'good' : 'between';
}

function isBad({ is, value: limit }: RuleCondition, value: number): boolean {
  switch (is) {
    case 'above':
      return value > limit;
    case 'atLeast':
      return value >= limit;
    case 'below':
      return value < limit;
    case 'atMost':
      return value <= limit;
  }
}

/** Whether a value that is not bad is on the good side of the recovery threshold too. */
function isPast({ is, value: limit, recoverAt }: Required<RuleCondition>, value: number): boolean {
  if (recoverAt === limit) return true;
  return is === 'above' || is === 'atLeast' ? value <= recoverAt : value >= recoverAt;
}
