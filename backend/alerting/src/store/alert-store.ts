import type { Acknowledgement, Incident, IncidentEvent, Silence } from '@fleetdeck/dto';
import type { Delivery } from '../notify/notice-sink.ts';
import type { Instance } from '../rule/instance.ts';

/** An incident as the evaluator writes it: whether it was acknowledged is not the evaluator's to say. */
export type IncidentRecord = Omit<Incident, 'acknowledgement' | 'durationMs' | 'events'>;

/** A component that is not well, as one replica sees it. */
export interface StoredSignal {
  source: string;
  severity: 'degraded' | 'critical';
  message: string;
}

/** What the evaluator learns from the store before each evaluation. */
export interface StoreNews {
  /** Silences that have not ended. */
  silences: Silence[];
  /** Of the incidents that last. */
  acknowledgements: Map<string, Acknowledgement>;
  /** Of all replicas that have been heard of lately. */
  signals: StoredSignal[];
  /** The fence of whoever has the lease now; `null` when nobody ever had it. */
  fence: number | null;
}

/** What an evaluator that begins goes on from. */
export interface StoredState {
  instances: Instance[];
  deliveries: Delivery[];
  /** Incidents of which each sink was told that they fire. */
  told: { sink: string; incidentIds: string[] }[];
}

/** What one commit writes. Everything is written by id, so that writing it twice does no harm. */
export interface StoreWrite {
  instances: readonly Instance[];
  forget: readonly string[];
  incidents: readonly IncidentRecord[];
  events: readonly IncidentEvent[];
  deliveries: readonly Delivery[];
}

/** Where the evaluator keeps its state. */
export interface AlertStore {
  /** @throws any error when the store is away */
  load(): Promise<StoredState>;
  news(now: number): Promise<StoreNews>;
  /** Writes all or nothing; `false` when another evaluator has the lease. */
  commit(write: StoreWrite, fence: number): Promise<boolean>;
  /** Writes what happened for the record alone, whoever has the lease. */
  record(write: Omit<StoreWrite, 'instances' | 'forget'>): Promise<void>;
  /** Replaces what one replica says about its components. */
  saveSignals(node: string, signals: readonly (StoredSignal & { at: number })[]): Promise<void>;
  /** Deletes what is older than the retention, a bounded part of it at a time. */
  prune(before: number): Promise<void>;
}
