import { Inject, Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HEALTH_CONTRIBUTOR, messageOf } from '@fleetdeck/kernel';
import { HealthChecker } from './health.checker.ts';
import {
  HEALTH_PROVIDER,
  type HealthProviderMark,
  type HealthProviding,
} from './health-provider.decorator.ts';
import type { HealthCheckContributor } from './health.options.ts';
import { requireMethod } from './providers/given.ts';

/** Finds the providers and controllers that `@HealthProvider()` and `@ContributesHealth()` mark, in every module, and registers their checks. */
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
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
        this.leaveOut(wrapper.metatype);
        continue;
      }
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      try {
        this.register(instance);
      } catch (thrown) {
        this.logger.error(`${instance.constructor.name} is not watched. ${messageOf(thrown)}`);
      }
    }
  }

  /** Of what is made for each request, or for each place that injects it, there is no one instance to ask. */
  private leaveOut(type: unknown): void {
    if (typeof type !== 'function') return;
    const marked = [HEALTH_PROVIDER, HEALTH_CONTRIBUTOR].some((key) => Reflect.hasMetadata(key, type));
    if (!marked) return;
    this.logger.error(
      `${type.name} is not watched. It, or something that it needs, is made for each request or injection; make a provider of health a singleton.`,
    );
  }

  private register(instance: object): void {
    const mark = metadataOf(HEALTH_PROVIDER, instance) as HealthProviderMark | undefined;
    if (mark) {
      const provider = instance as HealthProviding;
      requireMethod(`Health check "${mark.name}"`, 'it', provider, 'check', 'A @HealthProvider() needs one.');
      this.checker.register(mark.name, (signal) => provider.check(signal), mark.options);
    }
    if (metadataOf(HEALTH_CONTRIBUTOR, instance) === true) {
      this.checker.contribute(instance as HealthCheckContributor);
    }
  }
}

function metadataOf(key: string | symbol, instance: object): unknown {
  const { constructor } = instance as { constructor?: unknown };
  return typeof constructor === 'function' ? Reflect.getMetadata(key, constructor) : undefined;
}
