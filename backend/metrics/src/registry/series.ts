import {
  MAX_LABELS,
  type MetricClosedWindow,
  type MetricDescriptor,
  type MetricLabels,
} from '@fleetdeck/dto';
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
  /** Whether this process must not forget it, because it counts it or handed it out. */
  pinned = false;
  /** The newest total of a counter that was seen here, and when it was measured. */
  total = 0;
  totalAt = -Infinity;
  /** What an own counter has counted since the start, and since its last point. */
  ownTotal = 0;
  ownIncrease = 0;
  ownPointAt = -Infinity;
  /** How many values were recorded since the start, and their sum. */
  seenCount = 0;
  seenSum = 0;
  /** Its labels as a scraper reads them; `null` until they were asked for. */
  exposed: string | null = null;
  /** Its newest value that is, or will be, published; when that was measured, and when one was published. */
  liveValue = 0;
  liveAt = -Infinity;
  livePending = false;
  livePublishedAt = -Infinity;
  /** Its newest minute that is over, which is published with the value. */
  liveWindow: MetricClosedWindow | null = null;
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

type LabelTree = Map<string | undefined, LabelTree | Series>;

/** A metric and the series of it that this process records. */
export class MetricEntry {
  /** Names that its labels may have; `null` when nobody declared the metric. */
  allowedLabels: ReadonlySet<string> | null = null;
  /** Whether its single points are kept; otherwise only its roll-ups are. */
  raw = true;
  /** Whether the database has still to hear of it. */
  dirty = true;
  /** When the database last heard that it is in use, in milliseconds since the epoch. */
  toldAt = -Infinity;
  private readonly series = new Map<string, Series>();
  /** The same series by the values of the declared labels, one map in the other. */
  private tree: LabelTree = new Map();
  private labelNames: readonly string[] = [];
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
    this.labelNames = descriptor.labels;
    this.tree = new Map();
  }

  /** The series of labels that were taken before; `undefined` for others, and for a metric that nobody declared. */
  known(labels: MetricLabels): Series | undefined {
    if (!this.declared || typeof labels !== 'object' || labels === null) return undefined;
    const { labelNames } = this;
    let node: LabelTree | Series | undefined = this.tree;
    let present = 0;
    for (let i = 0; i < labelNames.length; i += 1) {
      const value = labels[labelNames[i] as string];
      if (value !== undefined) present += 1;
      node = (node as LabelTree).get(value);
      if (node === undefined) return undefined;
    }
    if (labelNames.length === 0) node = this.tree.get(undefined);
    // A label that the metric does not declare leaves one over.
    for (const _name in labels) present -= 1;
    return present === 0 ? (node as Series | undefined) : undefined;
  }

  /** The series with these labels; the one for the rest when there are `cap` others already. */
  seriesOf(labels: MetricLabels, cap: number): Series {
    const canonical = canonicalLabels(labels);
    const known = this.series.get(canonical);
    if (known) {
      this.plant(known);
      return known;
    }
    if (this.series.size >= cap) return this.other;
    if (!this.declared) this.learnLabels(labels);
    const series = new Series(this, { ...labels }, canonical);
    this.series.set(canonical, series);
    this.plant(series);
    return series;
  }

  private plant(series: Series): void {
    if (!this.declared) return;
    const names = this.labelNames;
    let node = this.tree;
    for (let i = 0; i < names.length - 1; i += 1) {
      const value = series.labels[names[i] as string];
      let next = node.get(value);
      if (!(next instanceof Map)) {
        next = new Map();
        node.set(value, next);
      }
      node = next;
    }
    node.set(series.labels[names.at(-1) ?? ''], series);
  }

  /** Whether this process records no series of it. */
  get isEmpty(): boolean {
    return this.series.size === 0;
  }

  /** The series that hold a value, the one for the rest last. */
  *recorded(): Generator<Series> {
    for (const series of this.series.values()) if (series.seenCount > 0) yield series;
    if (this.overflow && this.overflow.seenCount > 0) yield this.overflow;
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
    let forgotten = false;
    for (const [canonical, series] of this.series) {
      if (series.recordedAt < since && !series.pinned) {
        this.series.delete(canonical);
        forgotten = true;
      }
    }
    // Those that stay are planted again as they are used.
    if (forgotten) this.tree = new Map();
  }

  private learnLabels(labels: MetricLabels): void {
    const names = new Set([...this.descriptor.labels, ...Object.keys(labels)]);
    if (names.size === this.descriptor.labels.length || names.size > MAX_LABELS) return;
    this.descriptor = { ...this.descriptor, labels: [...names].sort() };
    this.dirty = true;
  }
}
