import proxyAddr from 'proxy-addr';
import type { Environment } from '../environment/environment.ts';

/** Whether the n-th address before the service is a proxy whose word on the caller's address counts; as Express has it. */
export function trustedProxies(
  trustProxy: Environment['trustProxy'],
): (address: string, distance: number) => boolean {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  if (typeof trustProxy === 'number') return (_address, distance) => distance < trustProxy;
  return proxyAddr.compile(trustProxy);
}
