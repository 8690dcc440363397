import { useLayoutEffect, useMemo, type ReactNode } from 'react';
import type { Announcer } from '../announcer.ts';
import { createPageClock } from '../clock.ts';
import { defaultEnvironment, EnvironmentContext, type HourCycle } from '../environment.ts';
import { mergeMessages, type MessagesPart } from '../messages.ts';
import type { Density } from '../tokens.ts';
import { ServicesContext, type ContextSource, type HttpReader, type LiveSocket } from './services.ts';

/** Props of {@link FleetdeckProvider}. */
export interface FleetdeckProviderProps {
  children: ReactNode;
  /** A `WebSocketManager`; without it `useWebSocket` and `useTopic` throw, the other hooks do not go live. */
  socket?: LiveSocket | null;
  /** An `HttpClient`; without it `useMetrics` and `useHealth` throw. */
  http?: HttpReader | null;
  /** A `ContextStore`; without it `useContextSelector` needs one of its own. */
  context?: ContextSource | null;
  /** BCP 47 tag. @default 'en' */
  locale?: string;
  /** IANA name. @default the machine's zone; UTC on a server, and until its page is taken over */
  timeZone?: string;
  /** @default 'h23' */
  hourCycle?: HourCycle;
  /** Words of another language, or other words. Keep the same object between renders. */
  messages?: MessagesPart;
  /** Set on the document as `data-density`. @default left as the page has it */
  density?: Density;
  /** Set on the document as `data-theme`. @default left as the page has it */
  theme?: 'light' | 'dark' | 'auto';
  /** Says things to screen readers. @default one live region for the page */
  announcer?: Announcer;
  /** This machine's clock in ms since 1970. Keep the same function between renders. @default Date.now */
  now?: () => number;
}

const systemNow = (): number => Date.now();

function useDocumentAttribute(name: string, value: string | undefined): void {
  useLayoutEffect(() => {
    if (value === undefined) return undefined;
    const root = document.documentElement;
    const before = root.getAttribute(name);
    root.setAttribute(name, value);
    return () => {
      if (before === null) root.removeAttribute(name);
      else root.setAttribute(name, before);
    };
  }, [name, value]);
}

/**
 * Tells everything below it where to read from and how to write numbers, times and words, and runs the page's one
 * clock, set by the service's time as soon as the socket knows it. Components work without it, on defaults.
 *
 * @example
 * <FleetdeckProvider socket={socket} http={http} locale="de" timeZone="Europe/Berlin" theme="auto">
 *   <App />
 * </FleetdeckProvider>
 */
export function FleetdeckProvider({
  children,
  socket = null,
  http = null,
  context = null,
  locale = defaultEnvironment.locale,
  timeZone,
  hourCycle = defaultEnvironment.hourCycle,
  messages,
  density,
  theme,
  announcer = defaultEnvironment.announcer,
  now = systemNow,
}: FleetdeckProviderProps) {
  useDocumentAttribute('data-theme', theme);
  useDocumentAttribute('data-density', density);

  const clock = useMemo(
    () => createPageClock({ now: () => now() + (socket?.getSnapshot().clockOffsetMs ?? 0) }),
    [socket, now],
  );
  const environment = useMemo(
    () => ({
      locale,
      timeZone,
      hourCycle,
      messages: mergeMessages(defaultEnvironment.messages, messages),
      clock,
      announcer,
    }),
    [locale, timeZone, hourCycle, messages, clock, announcer],
  );
  const services = useMemo(() => ({ socket, http, context }), [socket, http, context]);

  return (
    <ServicesContext value={services}>
      <EnvironmentContext value={environment}>{children}</EnvironmentContext>
    </ServicesContext>
  );
}
