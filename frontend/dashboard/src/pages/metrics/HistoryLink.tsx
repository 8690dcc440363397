import { Link } from 'wouter';
import type { MetricLabels } from '@fleetdeck/dto';
import { metricPath } from './metric-view.ts';

interface HistoryLinkProps {
  /** What the card calls the metric. */
  title: string;
  metric: string;
  labels: MetricLabels;
}

/** The way from a card to the past of what it shows. */
export function HistoryLink({ title, metric, labels }: HistoryLinkProps) {
  return (
    <Link href={metricPath(metric, labels)} className="card-link">
      History<span className="unseen"> of {title}</span>
    </Link>
  );
}
