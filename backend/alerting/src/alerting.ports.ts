import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { AlertUpdate, Position } from '@fleetdeck/dto';
import {
  AUDIT_SINK,
  createPostgresLease,
  emptyPortNotice,
  LEASE,
  messageOf,
  METRIC_QUERY,
  PUBLISHER,
  type AuditEntry,
  type AuditSink,
  type Lease,
  type MetricQuerier,
  type Publisher,
} from '@fleetdeck/kernel';
import { DataSource } from 'typeorm';
import type { AlertingOptions } from './alerting.options.ts';
import type { Sql } from './store/sql.ts';
import { withDeadline, type AlertingTimers } from './timers.ts';

/** Topic on which alerts are published. */
export const ALERTS_TOPIC = 'alerts';

/** What other modules give this one, all of it optional but the database. */
@Injectable()
export class AlertingPorts {
  private readonly logger = new Logger('FleetdeckAlerting');
  private readonly failing = new Set<string>();
  private publisher: Publisher | null = null;
  private audit: AuditSink | null = null;
  metrics: MetricQuerier | null = null;

  constructor(@Inject(ModuleRef) private readonly moduleRef: Pick<ModuleRef, 'get'>) {}

  /** Looks the ports up, once all modules stand. */
  connect(needsMetrics: boolean): void {
    this.publisher = this.find<Publisher>(PUBLISHER, 'alerts are not broadcast');
    this.audit = this.find<AuditSink>(AUDIT_SINK, 'silences and acknowledgements are not audited');
    this.metrics = this.lookUp(METRIC_QUERY) as MetricQuerier | null;
    if (needsMetrics && !this.metrics) {
      this.logger.warn('Rules on metrics are not evaluated: import MetricsModule, or provide METRIC_QUERY.');
    }
  }

  /** The database. @throws Error when there is none */
  sql(options: AlertingOptions): Sql {
    if (options.dataSource) return options.dataSource;
    const found = this.lookUp(DataSource) as DataSource | null;
    if (found) return found;
    throw new Error('AlertingModule has no database: give it a dataSource, or provide a TypeORM DataSource.');
  }

  /** The lease by which one evaluator is elected. */
  lease(options: AlertingOptions, ttlMs: number): Lease {
    const given = options.lease ?? (this.lookUp(LEASE) as Lease | null);
    if (given) return given;
    return createPostgresLease(this.sql(options), {
      ttlMs,
      onError: (_name, thrown) => this.warnOnce('lease', `The lease of the evaluator: ${messageOf(thrown)}`),
    });
  }

  /** Where topic `alerts` stands now; `null` when it is not kept. */
  position(): Position | null {
    return this.guarded('Publisher', () => this.publisher?.position(ALERTS_TOPIC)) ?? null;
  }

  publish(update: AlertUpdate): void {
    this.guarded('Publisher', () => this.publisher?.publish(ALERTS_TOPIC, update));
  }

  /** Records what somebody did. What was done stays done when the audit log fails or says nothing; the log says so. */
  async record(entry: AuditEntry, timeoutMs: number, timers: AlertingTimers): Promise<void> {
    if (!this.audit) return;
    try {
      const late = () => new Error(`No answer within ${timeoutMs} ms; it may be there later.`);
      await withDeadline(this.audit.logEvent(entry), timeoutMs, timers, late);
    } catch (thrown) {
      this.logger.error(
        `"${entry.eventType}" of ${entry.resourceId} by ${entry.operator} is not in the audit log: ${messageOf(thrown)}`,
      );
    }
  }

  warn(sentence: string): void {
    this.logger.warn(sentence);
  }

  /** Warns of something that repeats, once until it is well again. */
  warnOnce(what: string, sentence: string): void {
    if (this.failing.has(what)) return;
    this.failing.add(what);
    this.logger.warn(sentence);
  }

  /** Something that was warned of is well again. */
  well(what: string): void {
    this.failing.delete(what);
  }

  private find<T>(token: symbol, without: string): T | null {
    const port = this.lookUp(token) as T | null;
    if (port === null) this.logger.log(emptyPortNotice(token, without));
    return port;
  }

  // Not injected: a port may be filled by a module that is not global.
  private lookUp(token: symbol | typeof DataSource): unknown {
    try {
      return this.moduleRef.get<unknown>(token, { strict: false }) ?? null;
    } catch {
      return null;
    }
  }

  private guarded<T>(port: string, work: () => T): T | undefined {
    try {
      const answer = work();
      this.well(port);
      return answer;
    } catch (thrown) {
      this.warnOnce(port, `The ${port} fails, so alerts go on without it: ${messageOf(thrown)}`);
      return undefined;
    }
  }
}
