import type { DataSource } from 'typeorm';
import type { AllowedHosts } from './access/hosts.ts';
import type { Environment } from './environment/environment.ts';

/** What was settled before the application starts, and what is known only once it listens. */
export interface ServiceRuntime {
  readonly environment: Environment;
  readonly dataSource: DataSource;
  readonly hosts: AllowedHosts;
  /** What signs tokens and links; `null` where only an OIDC issuer is trusted. */
  readonly secret: string | null;
  /** Folder of the built dashboard; `null` when the service runs without it. */
  readonly dashboardDir: string | null;
  /** Folder whose disk is watched. */
  readonly dataDir: string;
  /** Name of the session cookie; depends on the port. */
  cookieName(): string;
}

/** Injection token of the {@link ServiceRuntime}. */
export const RUNTIME = Symbol.for('@fleetdeck/service/RUNTIME');
