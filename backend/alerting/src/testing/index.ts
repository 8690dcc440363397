export { parseValues, type TestSeries } from './points.ts';
export {
  testRules,
  type RuleTest,
  type RuleTestResult,
  type TestChange,
  type TestHealth,
  type TestNotice,
} from './test-rules.ts';
