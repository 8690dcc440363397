import type { Acknowledgement, Incident, IncidentEvent, Silence } from '@fleetdeck/dto';
import type { Delivery } from '../notify/notice-sink.ts';
import type { WaitingEnd } from '../notify/waiting-ends.ts';
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
  /** The fence of the evaluator that began last; `null` when none ever did. */
  fence: number | null;
}

/** What an evaluator that begins goes on from. */
export interface StoredState {
  instances: Instance[];
  ends: WaitingEnd[];
  deliveries: Delivery[];
  /** Incidents of which each sink was told that they fire. */
  told: { sink: string; incidentIds: string[] }[];
  /** So that it knows of silences and of other replicas even if the store is away from now on. */
  news: StoreNews;
}

/** What one commit writes. Everything is written by id, so that writing it twice does no harm. */
export interface StoreWrite {
  instances: readonly Instance[];
  /** Keys of instances. */
  forget: readonly string[];
  ends: readonly WaitingEnd[];
  /** Ids of incidents whose ends no longer wait. */
  forgetEnds: readonly string[];
  incidents: readonly IncidentRecord[];
  events: readonly IncidentEvent[];
  deliveries: readonly Delivery[];
}

/** What is written for the record alone, and not as what the next evaluator goes on from. */
export type StoreHistory = Pick<StoreWrite, 'incidents' | 'events' | 'deliveries'>;

/** What a store refused of a write for what it is, and so has left out. */
export interface Refused {
  /** Rows of all kinds. */
  rows: number;
  deliveries: readonly Delivery[];
  /** What the store said of the first. */
  reason: string;
}

/** Where the evaluator keeps its state. */
export interface AlertStore {
  /**
   * Gives what an evaluator goes on from. From here on nothing is committed under a lower fence.
   * @throws any error when the store is away, or an evaluator with a higher fence has begun
   */
  begin(fence: number, now: number): Promise<StoredState>;
  news(now: number): Promise<StoreNews>;
  /**
   * Writes all or nothing; `false` when an evaluator with a higher fence has begun.
   * @param evaluated whether it comes of an evaluation, which `sinceEvaluationMs` then counts from
   */
  commit(write: StoreWrite, fence: number, evaluated: boolean): Promise<boolean>;
  /**
   * Writes as `commit` does, but without what the store refuses for what it is, as a constraint that it breaks; `false`
   * when an evaluator with a higher fence has begun.
   */
  commitRest(write: StoreWrite, fence: number, evaluated: boolean): Promise<Refused | false>;
  /** How long ago any replica has evaluated, in milliseconds; `null` when none ever did. */
  sinceEvaluationMs(): Promise<number | null>;
  /** Those of some incidents that are on record. */
  knownIncidents(ids: readonly string[]): Promise<string[]>;
  /**
   * Writes what happened for the record alone, whoever has the lease. Of a notice that is stored only that it has
   * arrived: else it is for the evaluator that leads to decide what becomes of it.
   */
  record(write: StoreHistory): Promise<void>;
  /** Replaces what one replica says about its components. */
  saveSignals(node: string, signals: readonly (StoredSignal & { at: number })[]): Promise<void>;
  /** Deletes what is older than the retention, a bounded part of it at a time. */
  prune(before: number): Promise<void>;
}
