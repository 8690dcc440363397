import type { ConnectionState } from '@fleetdeck/dto';
import { wordsOf } from './words.ts';

/** Words of `ConnectionStatus`. */
export interface ConnectionMessages {
  /** The connection in words. `time` is the age of the data, or the begin of the state, where it is known. */
  connection: Readonly<Record<ConnectionState, (time: string | null) => string>>;
  nextTry: (wait: string) => string;
}

/** The default words of `ConnectionStatus`. */
export const englishConnection: ConnectionMessages = {
  connection: {
    connecting: () => 'Connecting',
    live: () => 'Live',
    recovering: (time) => (time === null ? 'Reconnecting' : `Reconnecting, data from ${time}`),
    polling: (time) => (time === null ? 'Polling' : `Polling, data from ${time}`),
    offline: (time) => (time === null ? 'Offline' : `Offline since ${time}`),
    denied: () => 'Signed out',
  },
  nextTry: (wait) => `next try in ${wait}`,
};

/** The words of a map for the connection, English where it has none. */
export const connectionWords = (messages: object): ConnectionMessages => wordsOf(englishConnection, messages);
