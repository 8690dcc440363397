import { useEffect } from 'react';
import type { Environment } from '../../environment.ts';
import type { ElsewhereNotice } from './contextOptions.ts';
import { contextPanelWords } from '../../messages/contextPanel.ts';

/** Props of {@link ContextNotice}. */
export interface ContextNoticeProps {
  notice: ElsewhereNotice;
  labelOf: (id: string | null) => string;
  environment: Environment;
  onKeep: ((id: string | null) => void) | undefined;
  onFollow: ((id: string | null) => void) | undefined;
  onDismiss: (() => void) | undefined;
}

/** Says that another tab switched, and offers the other way. */
export function ContextNotice({
  notice,
  labelOf,
  environment,
  onKeep,
  onFollow,
  onDismiss,
}: ContextNoticeProps) {
  const { messages, announcer } = environment;
  const words = contextPanelWords(messages);
  const { id, followed, previous } = notice;
  const text = followed ? words.followed(labelOf(id)) : words.elsewhere(labelOf(id));
  useEffect(() => announcer.announce(text, 'context-elsewhere'), [announcer, text]);
  return (
    <div className="fd-context-notice">
      <span>{text}</span>
      {followed && onKeep && (
        <button type="button" className="fd-button" onClick={() => onKeep(previous)}>
          {words.keep(labelOf(previous))}
        </button>
      )}
      {!followed && onFollow && (
        <button type="button" className="fd-button" onClick={() => onFollow(id)}>
          {words.follow(labelOf(id))}
        </button>
      )}
      {onDismiss && (
        <button type="button" className="fd-button" onClick={onDismiss}>
          {words.dismiss}
        </button>
      )}
    </div>
  );
}
