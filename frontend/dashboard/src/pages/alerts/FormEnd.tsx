interface FormEndProps {
  /** What the form does, in a word or two. */
  submit: string;
  busy: boolean;
  /** Why it was not done, one sentence. */
  problem: string | null;
  onCancel: () => void;
}

/** The buttons that end a form, and what went wrong. */
export function FormEnd({ submit, busy, problem, onCancel }: FormEndProps) {
  return (
    <>
      <div className="alert-actions">
        <button type="submit" className="button-primary" disabled={busy}>
          {submit}
        </button>
        <button type="button" className="button-plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
