import type { Messages } from '../messages.ts';
import { englishMessages } from '../messages/english.ts';
import { englishCharts } from '../messages/charts.ts';
import { englishContext } from '../messages/context.ts';
import { englishContextPanel } from '../messages/contextPanel.ts';
import { englishProgress } from '../messages/progress.ts';
import { englishTimeline } from '../messages/timeline.ts';
import { englishTimelineParts } from '../messages/timelineParts.ts';

const everyWord = {
  ...englishMessages,
  charts: englishCharts,
  context: { ...englishContextPanel, ...englishContext },
  progress: englishProgress,
  timeline: { ...englishTimelineParts, ...englishTimeline },
};

const ACCENTS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'abcdefghijklmnopqrstuvwxyz'].map((letter, index) => [
    letter,
    'åƀçďéƒğĥîĵķĺɱñöþǫřšťûṽŵẋýž'.charAt(index),
  ]),
);

/** Marks a text as translated: between brackets and with accents on every letter. */
export const pseudo = (text: string): string =>
  `⟦${text.replace(/[a-z]/gi, (letter) => ACCENTS[letter.toLowerCase()] ?? letter)}⟧`;

const WORDS = [
  ...['healthy', 'success', 'online', 'active', 'degraded', 'warning', 'working', 'pending', 'in_progress'],
  ...['critical', 'failed', 'offline', 'error', 'unknown', 'stopped', 'cancelled'],
];

function translate(value: unknown): unknown {
  if (typeof value === 'string') return pseudo(value);
  if (typeof value === 'function') {
    // What is put into a message is not its own word: it is kept as it is.
    return (...parts: unknown[]) => `⟦${parts.map((part) => keep(part)).join(' ')}⟧`;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, translate(each)]));
  }
  return value;
}

function keep(part: unknown): string {
  return typeof part === 'string' ? part : '';
}

/** A map in which no English word is left: whatever still shows one was written into the code. */
export const pseudoMessages = {
  ...(translate(everyWord) as Messages),
  sparkline: ({ min, max, now, course }) => `⟦${min} ${max} ${now} ${pseudo(course)}⟧`,
  statusWords: Object.fromEntries(WORDS.map((word) => [word, pseudo(word)])),
} satisfies Messages;

/** What of a text is not between the brackets of a translation. */
export function unmarked(text: string): string {
  const rest = text.replaceAll(/⟦[^⟦⟧]*⟧/g, '');
  return rest === text ? rest : unmarked(rest);
}
