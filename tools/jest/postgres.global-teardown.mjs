// Stops what postgres.global-setup.mjs started, and nothing when it used a server that was already there.
export default async function stopTestPostgres() {
  await globalThis.__fleetdeckStopTestPostgres?.();
}
