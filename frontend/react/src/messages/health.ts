import { wordsOf } from './words.ts';

/** Words of what happened to a component. */
export interface HealthMessages {
  /** What a health strip shows: "postgres, last 24 hr". */
  stripName: (subject: string, span: string) => string;
  /** A share of time: "99.2% up". */
  uptime: (percent: string) => string;
  uptimeUnknown: string;
  /** Time of which nothing is known: "3 hr not known". */
  unknownFor: (time: string) => string;
  /** From when to when: "14:00 to 14:30". */
  timeRange: (from: string, to: string) => string;
  /** A status that did not last all the time: "Critical for 12 min". */
  statusFor: (word: string, time: string) => string;
  noIncidents: string;
  /** When an incident began and how long it took: "14:00, for 12 min". */
  incidentOver: (begin: string, duration: string) => string;
  /** The same while it lasts: "since 14:00, 12 min so far". */
  incidentOpen: (begin: string, duration: string) => string;
}

/** The default words of what happened. */
export const englishHealth: HealthMessages = {
  stripName: (subject, span) => `${subject}, last ${span}`,
  uptime: (percent) => `${percent} up`,
  uptimeUnknown: 'uptime not known',
  unknownFor: (time) => `${time} not known`,
  timeRange: (from, to) => `${from} to ${to}`,
  statusFor: (word, time) => `${word} for ${time}`,
  noIncidents: 'No incidents',
  incidentOver: (begin, duration) => `${begin}, for ${duration}`,
  incidentOpen: (begin, duration) => `since ${begin}, ${duration} so far`,
};

/** The words of a map for what happened, English where it has none. */
export const healthWords = (messages: object): HealthMessages => wordsOf(englishHealth, messages);
