import { FleetdeckError } from '@fleetdeck/kernel';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';
import { REMOTE } from './remote.ts';

/** Options of {@link httpHealth}. */
export interface HttpHealthOptions extends HealthCheckOptions {
  /** What the component is called. */
  name: string;
  /** @default 'GET' */
  method?: 'GET' | 'HEAD' | 'POST';
  /** Sent along. @default none */
  headers?: Readonly<Record<string, string>>;
  /** Whether a status is well. @default 200 to 299 */
  expect?: (status: number) => boolean;
}

/**
 * Asks an address over HTTP. Only the status counts; the body is not read, and no redirect is followed, so that a
 * sign-in page is not taken for the service. Critical by default.
 * Two bad or two good answers in a row count by default, not one.
 *
 * @throws FleetdeckError `INVALID_INPUT` when the address or the name is missing, or the address is neither `http://` nor
 * `https://`
 * @example
 * httpHealth('https://payments.internal/health', { name: 'payments', criticality: 'optional' })
 */
export function httpHealth(address: string, given: HttpHealthOptions): HealthCheckContributor {
  const {
    name,
    method = 'GET',
    headers = {},
    expect = (status: number) => status >= 200 && status < 300,
    ...options
  } = { ...given };
  requireGiven('httpHealth', 'name', name, 'Give it, in the options, the name under which it is shown.');
  requireGiven(
    'httpHealth',
    `the address of "${name}"`,
    address,
    'Give it http://host/path or https://host/path.',
  );
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new FleetdeckError(
      'INVALID_INPUT',
      `Health check "${name}": the address must begin with http:// or https://.`,
    );
  }
  return {
    healthName: name,
    healthOptions: { ...REMOTE, ...options },
    async checkHealth(signal) {
      let answer: Response;
      try {
        answer = await fetch(address, { method, headers, signal, redirect: 'manual' });
      } catch (thrown) {
        return { status: 'critical', reason: failureOf(thrown) };
      }
      const details = { httpStatus: answer.status };
      await answer.body?.cancel();
      if (expect(answer.status)) return { status: 'healthy', details };
      return { status: 'critical', reason: `It answers ${answer.status}.`, details };
    },
  };
}

/** `fetch` says only "fetch failed" and keeps the reason behind it. */
function failureOf(thrown: unknown): string {
  const { cause, message } = thrown as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  const said = cause?.code ?? cause?.message ?? message;
  return `It cannot be reached: ${typeof said === 'string' ? said : 'unknown error'}.`;
}
