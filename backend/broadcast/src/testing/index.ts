export { FakeClock } from '@fleetdeck/kernel/testing';
export { startFakeGateway, type FakeGateway, type FakeGatewayOptions } from './fake-gateway.ts';
export type { FaultKit, SlowReport } from './fault-kit.ts';
export type { FakePrincipal, FakePrincipals } from './known-principals.ts';
export type { Storm, StormReport } from './storm.ts';
export type { Seen, Witness, WitnessOptions } from './witness.ts';
