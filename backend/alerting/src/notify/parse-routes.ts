import {
  LABEL_NAME_PATTERN,
  MATCHER_OPERATORS,
  MAX_LABEL_VALUE_LENGTH,
  MAX_MATCHERS,
  type FieldProblem,
} from '@fleetdeck/dto';
import type { AlertRoute } from './route-notices.ts';

/** The most routes. */
export const MAX_ROUTES = 100;

/** What is wrong with routes, from code or read from a file; nothing when they are well. */
export function routeProblems(routes: unknown, sinks: readonly string[]): FieldProblem[] {
  if (!Array.isArray(routes) || routes.length > MAX_ROUTES) {
    return [{ field: 'routes', message: `must be a list of at most ${MAX_ROUTES} routes` }];
  }
  return routes.flatMap((route: unknown, index) => problemsOf(`routes[${index}]`, route, sinks));
}

function problemsOf(path: string, route: unknown, sinks: readonly string[]): FieldProblem[] {
  if (!isObject(route)) return [{ field: path, message: 'must be an object with matchers and sinks' }];
  const problems = unknownFields(path, route, ['matchers', 'sinks']);
  const { matchers = [], sinks: told } = route as Partial<Record<keyof AlertRoute, unknown>>;
  const names: readonly unknown[] = Array.isArray(told) ? told : [null];
  const strange = names.find((name) => !sinks.some((known) => known === name));
  if (strange !== undefined) {
    const known = sinks.length === 0 ? 'there are none' : `they are ${sinks.join(', ')}`;
    const message = `must be a list of names of sinks, ${known}; it has ${JSON.stringify(strange)}`;
    problems.push({ field: `${path}.sinks`, message });
  }
  if (!Array.isArray(matchers) || matchers.length > MAX_MATCHERS) {
    problems.push({
      field: `${path}.matchers`,
      message: `must be a list of at most ${MAX_MATCHERS} matchers`,
    });
    return problems;
  }
  matchers.forEach((matcher: unknown, index) => {
    problems.push(...matcherProblems(`${path}.matchers[${index}]`, matcher));
  });
  return problems;
}

function matcherProblems(path: string, matcher: unknown): FieldProblem[] {
  if (!isObject(matcher)) return [{ field: path, message: 'must be an object with label, is and value' }];
  const problems = unknownFields(path, matcher, ['label', 'is', 'value']);
  const { label, is, value } = matcher;
  if (typeof label !== 'string' || !LABEL_NAME_PATTERN.test(label)) {
    problems.push({
      field: `${path}.label`,
      message: 'must be the name of a label, as "severity" or "rule"',
    });
  }
  if (!MATCHER_OPERATORS.some((known) => known === is)) {
    problems.push({ field: `${path}.is`, message: `must be one of ${MATCHER_OPERATORS.join(', ')}` });
  }
  if (typeof value !== 'string' || value.length > MAX_LABEL_VALUE_LENGTH) {
    problems.push({
      field: `${path}.value`,
      message: `must be a text of at most ${MAX_LABEL_VALUE_LENGTH} characters`,
    });
  }
  return problems;
}

function unknownFields(
  path: string,
  object: Record<string, unknown>,
  known: readonly string[],
): FieldProblem[] {
  return Object.keys(object)
    .filter((field) => !known.includes(field))
    .map((field) => ({
      field: `${path}.${field}`,
      message: `is not known; known are ${known.join(', ')}`,
    }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
