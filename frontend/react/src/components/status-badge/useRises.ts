import { useEffect, useEffectEvent, useRef } from 'react';
import { severityOf, type StatusTone } from '@fleetdeck/dto';
import type { Announcer } from '../../announcer.ts';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';

interface Rise {
  severity: number;
  text: string;
}

/** As many are named, the worst first; the others are counted. */
const MOST_NAMED = 3;
/** What rose within one task: a fleet that fails at once is one sentence and not hundreds. */
const batches = new WeakMap<Announcer, Rise[]>();

function announceRise(rise: Rise, { announcer, messages, locale }: Environment): void {
  const batch = batches.get(announcer);
  if (batch) {
    batch.push(rise);
    return;
  }
  const rises = [rise];
  batches.set(announcer, rises);
  queueMicrotask(() => {
    batches.delete(announcer);
    const said = rises
      .sort((a, b) => b.severity - a.severity)
      .slice(0, MOST_NAMED)
      .map(({ text }) => text);
    const others = rises.length - said.length;
    if (others > 0) said.push(messages.andMore(numberFormat(locale, {}).format(others)));
    announcer.announce(said.join('; '));
  });
}

/** Says to the screen reader when a status became worse. Work in progress is no alarm, and the first status is not. */
export function useRises(enabled: boolean, tone: StatusTone, text: string, environment: Environment): void {
  const before = useRef(tone);
  const rose = useEffectEvent((severity: number) => {
    if (enabled && tone !== 'progress') announceRise({ severity, text }, environment);
  });
  useEffect(() => {
    const severity = severityOf(tone);
    if (severity > severityOf(before.current)) rose(severity);
    before.current = tone;
  }, [tone]);
}
