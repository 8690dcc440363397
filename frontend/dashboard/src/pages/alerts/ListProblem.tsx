interface ListProblemProps {
  /** What was to be read, in the plural. */
  what: string;
  error: Error | null;
  /** Whether something is shown that was read before. */
  known: boolean;
  onRetry: () => void;
}

/** Says that a list could not be read, and reads it again. Nothing without an error. */
export function ListProblem({ what, error, known, onRetry }: ListProblemProps) {
  if (error === null) return null;
  return (
    <p className="problem">
      The {what} could not be read: {error.message}
      {known && ' Shown is what was known before.'}{' '}
      <button type="button" className="link-button" onClick={onRetry}>
        Try again<span className="unseen"> to read the {what}</span>
      </button>
    </p>
  );
}
