/** An entry for the audit log. */
export interface AuditEntry {
  eventType: string;
  resourceId: string;
  operator: string;
  beforeState?: unknown;
  afterState?: unknown;
  reason?: string;
}

/** Takes audit entries. `AuditLogger` implements it. */
export interface AuditSink {
  logEvent(entry: AuditEntry): Promise<void>;
}

/** Injection token of the {@link AuditSink}. */
export const AUDIT_SINK = Symbol.for('@fleetdeck/kernel/AUDIT_SINK');

/** A condition that began or ended, for the alert state machine to judge. */
export interface AlertSignal {
  /** What the condition is about, as `health:postgres`. */
  source: string;
  /**
   * Who says so, where several say something about the same source: the name of the replica, the same after its
   * restart. A sink that hears more than one keeps what each of them says, so that none ends what another one sees.
   */
  replica?: string;
  active: boolean;
  severity: 'degraded' | 'critical';
  message: string;
  /** When it began or ended, in milliseconds since the epoch; the same when it is told again. */
  at: number;
}

/**
 * Takes signals. The alerting module implements it. Health tells what is active again every minute, so that a sink can
 * drop what it has not heard of for a few; and an end also where nothing was active, in case a process crashed before.
 */
export interface AlertSink {
  signal(signal: AlertSignal): void;
}

/** Injection token of the {@link AlertSink}. */
export const ALERT_SINK = Symbol.for('@fleetdeck/kernel/ALERT_SINK');

/** Gives secrets by name, so that they are read where they are used and nowhere kept. */
export interface SecretSource {
  /** `null` when there is no such secret. */
  secret(name: string): Promise<string | null>;
}

/** Injection token of the {@link SecretSource}. */
export const SECRET_SOURCE = Symbol.for('@fleetdeck/kernel/SECRET_SOURCE');
