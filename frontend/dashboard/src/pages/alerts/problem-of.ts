import { FleetdeckHttpError } from '@fleetdeck/client';

/** Why a request was refused, in sentences for people: of each field that was wrong, where the service names them. */
export function problemOf(thrown: unknown): string {
  const fields = thrown instanceof FleetdeckHttpError ? thrown.fields : [];
  if (fields.length > 0) return fields.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return (thrown as Error).message;
}
