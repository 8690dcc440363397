import type { HealthCheck } from './check/health-check.ts';
import type { HealthCheckOptions } from './health.options.ts';

/** Metadata key by which {@link HealthProvider} marks a class. */
export const HEALTH_PROVIDER = Symbol.for('@fleetdeck/health/PROVIDER');

/** What {@link HealthProvider} remembers of a class. */
export interface HealthProviderMark {
  readonly name: string;
  readonly options: HealthCheckOptions;
}

/** A class that {@link HealthProvider} may mark. */
export interface HealthProviding {
  /** Answers an outcome, or the result of a Terminus indicator; a throw counts as `critical`. */
  check: HealthCheck;
}

/**
 * Has a provider watched under `name`: its method `check` becomes a health check, with all options of this module.
 *
 * @example
 * @Injectable()
 * @HealthProvider('search', { criticality: 'optional', errorRate: { degradedAbove: 0.2 } })
 * class SearchHealth {
 *   constructor(
 *     private readonly indicators: HealthIndicatorService,
 *     private readonly search: SearchClient,
 *   ) {}
 *   check(signal: AbortSignal) {
 *     return this.indicators.check('search').attempt(() => this.search.ping({ signal }));
 *   }
 * }
 */
export function HealthProvider(
  name: string,
  options: HealthCheckOptions = {},
): (target: abstract new (...args: never[]) => HealthProviding) => void {
  return (target) => {
    Reflect.defineMetadata(HEALTH_PROVIDER, { name, options } satisfies HealthProviderMark, target);
  };
}
