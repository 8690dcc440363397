import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import {
  CLOCK,
  LEASE,
  messageOf,
  METRIC_SINK,
  type Clock,
  type Lease,
  type MetricSink,
} from '@fleetdeck/kernel';
import { RUNTIME, type ServiceRuntime } from '../service-runtime.ts';
import { SERVICE_METRICS, type ServiceMetric } from './metric-declarations.ts';
import { CpuShare, EventLoopDelay, hostCpuTimes, hostMemoryPercent } from './readings.ts';
import { RequestMeter } from './request-meter.ts';

const INTERVAL_MS = 1_000;

/** Name of the lease under which one replica measures what all of them share. */
export const SAMPLER_LEASE = 'service-telemetry';

/** Measures the service and its host every second; one replica also measures the PostgreSQL of all. */
@Injectable()
export class SystemSampler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SystemSampler.name);
  private readonly processCpu = new CpuShare();
  private readonly hostCpu = new CpuShare();
  private loopDelay: EventLoopDelay | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly stopping = new AbortController();
  private measuring: Promise<void> = Promise.resolve();
  private postgresAsked = false;
  private postgresWasAway = false;

  constructor(
    @Inject(RUNTIME) private readonly runtime: ServiceRuntime,
    @Inject(METRIC_SINK) private readonly metrics: MetricSink,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RequestMeter) private readonly requests: RequestMeter,
    @Inject(LEASE) private readonly lease: Lease,
  ) {}

  onApplicationBootstrap(): void {
    this.metrics.declare(SERVICE_METRICS);
    this.loopDelay = new EventLoopDelay();
    this.sample();
    this.timer = setInterval(() => this.sample(), INTERVAL_MS);
    this.measuring = this.lease.hold(
      SAMPLER_LEASE,
      (signal) => this.measurePostgres(signal),
      this.stopping.signal,
    );
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.loopDelay?.stop();
    this.stopping.abort();
    await this.measuring;
  }

  /** Takes every reading of this process and its host once. */
  sample(): void {
    const at = this.clock.now();
    const labels = { node: this.runtime.environment.nodeName };
    const gauge = (name: ServiceMetric, value: number | null): void => {
      if (value !== null) this.metrics.record(name, value, labels, at);
    };
    const { user, system } = process.cpuUsage();
    gauge(
      'fleetdeck_process_cpu_percent',
      this.processCpu.next((user + system) / 1000, this.clock.monotonicMs()),
    );
    const host = hostCpuTimes();
    gauge('fleetdeck_host_cpu_percent', this.hostCpu.next(host.busy, host.total));
    gauge('fleetdeck_process_memory_bytes', process.memoryUsage.rss());
    gauge('fleetdeck_host_memory_percent', hostMemoryPercent());
    gauge('fleetdeck_event_loop_delay_ms', this.loopDelay?.takeLongest() ?? null);
    gauge('fleetdeck_http_requests_total', this.requests.total);
    for (const durationMs of this.requests.takeDurations()) {
      this.metrics.record('fleetdeck_http_request_duration_ms', durationMs, labels, at);
    }
  }

  // By one replica only: a total that two take each by themselves would seem to rise twice as fast.
  private async measurePostgres(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { dataSource } = this.runtime;
    void this.samplePostgres(dataSource, this.clock.now());
    const timer = setInterval(() => void this.samplePostgres(dataSource, this.clock.now()), INTERVAL_MS);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    clearInterval(timer);
  }

  private async samplePostgres(dataSource: DataSource, at: number): Promise<void> {
    // A question that PostgreSQL has not answered yet is not asked again.
    if (this.postgresAsked) return;
    this.postgresAsked = true;
    try {
      const rows = await dataSource.query<{ connections: string; transactions: string }[]>(
        `select numbackends as connections, xact_commit + xact_rollback as transactions
         from pg_stat_database where datname = current_database()`,
      );
      const row = rows[0];
      if (row) {
        this.metrics.record('fleetdeck_postgres_connections', Number(row.connections), {}, at);
        this.metrics.record('fleetdeck_postgres_transactions_total', Number(row.transactions), {}, at);
      }
      this.postgresWasAway = false;
    } catch (thrown) {
      if (!this.postgresWasAway) this.logger.warn(`PostgreSQL cannot be measured: ${messageOf(thrown)}`);
      this.postgresWasAway = true;
    } finally {
      this.postgresAsked = false;
    }
  }
}
