import { Inject, Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HEALTH_CONTRIBUTOR, messageOf } from '@fleetdeck/kernel';
import { HealthChecker } from './health.checker.ts';
import type { HealthCheckContributor } from './health.options.ts';

/** Finds the providers that `@ContributesHealth()` marks, in every module, and registers their checks. */
@Injectable()
export class HealthDiscovery {
  private readonly logger = new Logger('FleetdeckHealth');

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(HealthChecker) private readonly checker: HealthChecker,
  ) {}

  /** One that cannot be registered is logged and left out; it keeps no other from being watched. */
  registerAll(): void {
    const seen = new Set<object>();
    for (const wrapper of this.discovery.getProviders()) {
      // Of a request-scoped provider there is no instance to ask.
      if (!wrapper.isDependencyTreeStatic()) continue;
      const instance: unknown = wrapper.instance;
      if (!isMarked(instance) || seen.has(instance)) continue;
      seen.add(instance);
      try {
        this.checker.contribute(instance);
      } catch (thrown) {
        this.logger.error(`${instance.constructor.name} is not watched. ${messageOf(thrown)}`);
      }
    }
  }
}

function isMarked(instance: unknown): instance is HealthCheckContributor {
  if (typeof instance !== 'object' || instance === null) return false;
  const { constructor } = instance as { constructor?: unknown };
  return typeof constructor === 'function' && Reflect.getMetadata(HEALTH_CONTRIBUTOR, constructor) === true;
}
