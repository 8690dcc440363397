import type { TimelineListMessages } from '../../messages/timeline.ts';
import type { Pages } from './usePages.ts';

/** What stands below a `Timeline` that reads pages: the way to older entries, or why there is none. */
export function TimelineFoot({
  id,
  pages: { state, loadOlder },
  words,
}: {
  id: string;
  pages: Pages<unknown>;
  words: TimelineListMessages;
}) {
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
