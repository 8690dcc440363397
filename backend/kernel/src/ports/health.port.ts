import { SetMetadata } from '@nestjs/common';
import type { Criticality } from '@fleetdeck/dto';

/** What one check found. */
export interface HealthCheckOutcome {
  status: 'healthy' | 'degraded' | 'critical';
  /** Why it is not healthy, one sentence. */
  reason?: string;
  /** Figures for people, without secrets. */
  details?: Record<string, string | number | boolean | null>;
}

/** How a contributor is checked. */
export interface HealthContributorOptions {
  /** How much it matters. @default 'critical' */
  criticality?: Criticality;
  /** Time between the starts of two checks, in milliseconds. @default 10000 */
  intervalMs?: number;
  /** After this the check is aborted and counts as failed, in milliseconds. @default 2000 */
  timeoutMs?: number;
}

/** Something that can say how it is. A throw counts as `critical`, with its message as the reason. */
export interface HealthContributor {
  readonly healthName: string;
  readonly healthOptions?: HealthContributorOptions;
  checkHealth(signal: AbortSignal): Promise<HealthCheckOutcome>;
}

/** Metadata key by which {@link ContributesHealth} marks a provider. */
export const HEALTH_CONTRIBUTOR = 'fleetdeck:health-contributor';

/** Marks a provider that is a {@link HealthContributor}, so that the health module discovers it. */
export const ContributesHealth = (): ClassDecorator => SetMetadata(HEALTH_CONTRIBUTOR, true);
