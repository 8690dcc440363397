import type { ContextOption } from '../components/context-selector/contextOptions.ts';

/** A small fleet. */
export const fleet: readonly ContextOption[] = [
  { id: 'billing-03', label: 'Billing 03', description: 'Northwind', status: 'healthy' },
  { id: 'checkout-01', label: 'Checkout 01', description: 'Northwind', status: 'critical' },
  { id: 'intake-02', label: 'Intake 02', description: 'Contoso', status: 'degraded', keywords: ['mail'] },
  { id: 'refund-07', label: 'Refund 07', description: 'Contoso', status: 'in_progress' },
  { id: 'resume-04', label: 'Résumé 04', description: 'Zürich office', status: 'unknown' },
  { id: 'triage-12', label: 'Triage 12', description: 'Fabrikam', status: 'healthy' },
];

/** As many options as are asked for. */
export const manyContexts = (count: number): readonly ContextOption[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `agent-${index + 1}`,
    label: `Agent ${String(index + 1).padStart(5, '0')}`,
    status: index % 37 === 0 ? 'degraded' : 'healthy',
  }));
