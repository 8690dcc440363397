import { ConfigurableModuleBuilder } from '@nestjs/common';
import { bindController } from '@fleetdeck/kernel';
import type { HealthHttpOptions, HealthModuleOptions } from './health.options.ts';
import { HealthController } from './http/health.controller.ts';

/** Injection token of {@link HealthHttpOptions}. */
export const HEALTH_HTTP_OPTIONS = Symbol.for('@fleetdeck/health/HTTP_OPTIONS');

/** What decides the shape of the module, so it is given beside the options and not by a factory. */
export interface HealthModuleExtras {
  /** How the routes are served; `false` serves none. */
  http?: HealthHttpOptions;
  /** Whether `HealthChecker` can be injected everywhere without importing the module. @default false */
  isGlobal?: boolean;
}

/** Where the report stands unless the options say otherwise. */
export const DEFAULT_PREFIX = 'api/v1/health';

/** Injection token of the options as they were given, not read yet. */
export const GIVEN_OPTIONS = Symbol.for('@fleetdeck/health/GIVEN_OPTIONS');

const builder = new ConfigurableModuleBuilder<HealthModuleOptions>({ optionsInjectionToken: GIVEN_OPTIONS })
  .setClassMethodName('forRoot')
  .setExtras<HealthModuleExtras>(
    { http: {}, isGlobal: false },
    (definition, { http = {}, isGlobal = false }) => ({
      ...definition,
      global: isGlobal,
      controllers: bindController(HealthController, DEFAULT_PREFIX, http),
      providers: [...(definition.providers ?? []), { provide: HEALTH_HTTP_OPTIONS, useValue: http }],
    }),
  )
  .build();

/** The class with `forRoot` and `forRootAsync` that the module extends. */
export const HealthModuleBase = builder.ConfigurableModuleClass;
