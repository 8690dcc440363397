import type { Environment } from '../../environment.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';
import type { Pages } from './usePages.ts';

/** What stands below a `Timeline` that reads pages: the way to older entries, or why there is none. */
export function TimelineFoot({
  id,
  pages: { state, loadOlder },
  environment,
}: {
  id: string;
  pages: Pages<unknown>;
  environment: Environment;
}) {
  const words = timelinePartWords(environment.messages);
  const loading = state === 'loading';
  return (
    <div className="fd-timeline-foot" id={id} tabIndex={-1}>
      {state === 'error' && <bdi>{words.olderFailed}</bdi>}
      {state === 'done' || state === 'full' ? (
        <bdi>{words[state === 'done' ? 'allLoaded' : 'tooMany']}</bdi>
      ) : (
        <button
          type="button"
          className="fd-button"
          aria-disabled={loading || undefined}
          onClick={() => loading || loadOlder()}
        >
          {words[loading ? 'loading' : state === 'error' ? 'retry' : 'loadOlder']}
        </button>
      )}
    </div>
  );
}
