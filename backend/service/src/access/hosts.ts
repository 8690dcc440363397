import { isLoopback, type Environment } from '../environment/environment.ts';

/** Which host names and page origins the service answers to. */
export interface AllowedHosts {
  /**
   * Whether a request's `Host` is one of this service's names. A page that rebinds its own name to this address
   * arrives with that name and is refused.
   */
  allowsHost(host: string | undefined): boolean;
  /** Whether a page may call: the service's own origin, or one that was allowed. No `Origin` is no page. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

/** Works out the allow-lists from the environment. */
export function allowedHosts(environment: Environment): AllowedHosts {
  const origins = new Set(environment.allowedOrigins);
  if (environment.publicUrl !== null) origins.add(new URL(environment.publicUrl).origin);
  const names = new Set([...origins].map((origin) => new URL(origin).hostname));
  if (!['0.0.0.0', '::'].includes(environment.host)) names.add(bare(environment.host));

  return {
    allowsHost(host) {
      const name = hostnameOf(host);
      if (name === null) return false;
      return names.has(name) || (isLoopback(name) && (environment.loopback || names.size === 0));
    },
    allowsOrigin(origin, host) {
      if (origin === undefined) return true;
      if (origins.has(origin)) return true;
      if (!URL.canParse(origin)) return false;
      return host !== undefined && new URL(origin).host === host.toLowerCase();
    },
  };
}

function hostnameOf(host: string | undefined): string | null {
  if (host === undefined || !URL.canParse(`http://${host}`)) return null;
  return bare(new URL(`http://${host}`).hostname);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[|\]$/g, '');
}
