import { Logger } from '@nestjs/common';
import type { AlertNotice } from '@fleetdeck/dto';
import type { NoticeSink } from './notice-sink.ts';

/** Options of {@link logSink}. */
export interface LogSinkOptions {
  /** @default 'log' */
  name?: string;
  /** @default Nest's logger, under the name "Alerts" */
  logger?: Pick<Logger, 'log' | 'warn' | 'error'>;
}

/** Writes notices to the log, one line an incident. */
export function logSink({ name = 'log', logger = new Logger('Alerts') }: LogSinkOptions = {}): NoticeSink {
  return {
    name,
    deliver(notice: AlertNotice) {
      for (const { rule, message, severity } of notice.incidents) {
        const line = `${notice.kind}: ${rule}: ${message}${notice.mayRepeat ? ' (may repeat)' : ''}`;
        if (notice.kind === 'resolved') logger.log(line);
        else if (severity === 'critical') logger.error(line);
        else logger.warn(line);
      }
      return Promise.resolve();
    },
  };
}
