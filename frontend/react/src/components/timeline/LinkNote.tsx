import type { Environment } from '../../environment.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';

/** What is said of a linked entry: that it is not there, or that the entries around it are shown, and the way back. */
export function LinkNote({
  missing,
  environment,
  onLeave,
}: {
  missing: boolean;
  environment: Environment;
  /** Goes back to the newest entries; `null` where they are shown. */
  onLeave: (() => void) | null;
}) {
  const words = timelinePartWords(environment.messages);
  return (
    <p className="fd-timeline-note">
      <bdi>{missing ? words.linkMissing : words.around}</bdi>
      {onLeave && (
        <button type="button" className="fd-button" onClick={onLeave}>
          {words.newest}
        </button>
      )}
    </p>
  );
}
