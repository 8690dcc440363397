import type { HealthBucket } from '@fleetdeck/dto';
import type { Environment } from '../../environment.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { statusWord } from '../../messages.ts';
import { healthWords } from '../../messages/health.ts';

/** A part of an interval this short is not worth a word. */
const NEGLIGIBLE_MS = 1000;

/** A bucket in words, with its day when that is another than `now`'s: "14:00 to 14:30: Critical for 12 min. No answer within 2000 ms." */
export function bucketText(
  { status, inStatusMs, unknownMs, reason }: HealthBucket,
  { from, to, now }: { from: number; to: number; now: number | null },
  environment: Environment,
): string {
  const { messages, locale } = environment;
  const words = healthWords(messages);
  const time = (ms: number): string => formatTime(ms, { ...environment, seconds: false });
  // Only the begin tells the day: a piece is short.
  const begin = formatTime(from, { ...environment, seconds: false, ...(now !== null && { now }) });
  const word = statusWord(status, messages, locale);
  const whole = to - from - inStatusMs < NEGLIGIBLE_MS;
  const told =
    whole || inStatusMs < NEGLIGIBLE_MS ? word : words.statusFor(word, formatAge(inStatusMs, locale));
  const missing =
    status !== 'unknown' && unknownMs >= NEGLIGIBLE_MS ? words.unknownFor(formatAge(unknownMs, locale)) : '';
  const sentence = [told, missing].filter(Boolean).join(', ');
  return `${words.timeRange(begin, time(to))}: ${sentence}${reason === null ? '' : `. ${reason}`}`;
}
