import type { HttpServer } from '@nestjs/common';
import type { ProbeAnswer } from '../report/probe-answers.ts';
import { sendAnswer } from './send-answer.ts';

/**
 * Puts the probe of each group on the HTTP server itself, not on a controller: a global prefix, versioning or guard of
 * the story service would otherwise move or close them, and the orchestrator would kill a healthy process.
 */
export function mountProbes(
  server: HttpServer,
  prefix: string,
  groups: readonly string[],
  answerOf: (group: string) => ProbeAnswer,
): void {
  const base = `/${prefix.replace(/^\/+|\/+$/g, '')}`.replace(/\/$/, '');
  for (const group of groups) {
    server.get(`${base}/${group}`, (_request: unknown, response: unknown) =>
      sendAnswer(response, answerOf(group)),
    );
  }
}
