import { MAX_LABELS, type MetricDescriptor, type MetricLabels } from '@fleetdeck/dto';
import { canonicalLabels, labelsHash, OTHER_LABELS } from './labels.ts';

/** A metric name with its labels, as this process knows it. */
export class Series {
  /** Its id in the database; `null` until it was looked up. */
  id: number | null = null;
  /** When the database last heard that it is in use, in milliseconds since the epoch. */
  seenAt = -Infinity;
  /** Whether its points go to the metric's `other` series. */
  overflowed = false;
  /** When a point was last recorded, in milliseconds since the epoch. */
  recordedAt = -Infinity;
  /** When its newest published value was measured, and when it was published. */
  liveAt = -Infinity;
  livePublishedAt = -Infinity;
  private knownHash: string | null = null;

  constructor(
    readonly metric: MetricEntry,
    readonly labels: MetricLabels,
    readonly canonical: string,
  ) {}

  get hash(): string {
    return (this.knownHash ??= labelsHash(this.canonical));
  }
}

/** A metric and the series of it that this process records. */
export class MetricEntry {
  /** Names that its labels may have; `null` when nobody declared the metric. */
  allowedLabels: ReadonlySet<string> | null = null;
  /** Whether the database has still to hear of it. */
  dirty = true;
  private readonly series = new Map<string, Series>();
  private overflow: Series | null = null;

  constructor(
    public descriptor: MetricDescriptor,
    public declared: boolean,
    /** Whether this process declared it, so that what the database says does not replace it. */
    public own: boolean,
  ) {
    this.describe(descriptor, declared, own);
  }

  describe(descriptor: MetricDescriptor, declared: boolean, own: boolean): void {
    this.descriptor = descriptor;
    this.declared = declared;
    this.own = own;
    this.allowedLabels = declared ? new Set(descriptor.labels) : null;
  }

  /** The series with these labels; the one for the rest when there are `cap` others already. */
  seriesOf(labels: MetricLabels, cap: number): Series {
    const canonical = canonicalLabels(labels);
    const known = this.series.get(canonical);
    if (known) return known;
    if (this.series.size >= cap) return this.other;
    if (!this.declared) this.learnLabels(labels);
    const series = new Series(this, { ...labels }, canonical);
    this.series.set(canonical, series);
    return series;
  }

  /** The series that takes what is beyond the cap. */
  get other(): Series {
    if (!this.overflow) {
      this.overflow = new Series(this, OTHER_LABELS, canonicalLabels(OTHER_LABELS));
      this.overflow.overflowed = true;
    }
    return this.overflow;
  }

  /** Forgets series that nobody recorded since, so that label sets that come and go do not fill the cap. */
  forgetIdle(since: number): void {
    for (const [canonical, series] of this.series) {
      if (series.recordedAt < since) this.series.delete(canonical);
    }
  }

  private learnLabels(labels: MetricLabels): void {
    const names = new Set([...this.descriptor.labels, ...Object.keys(labels)]);
    if (names.size === this.descriptor.labels.length || names.size > MAX_LABELS) return;
    this.descriptor = { ...this.descriptor, labels: [...names].sort() };
    this.dirty = true;
  }
}
