import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { ProbeAnswer } from '../report/probe-answers.ts';
import { sendAnswer } from './send-answer.ts';

/**
 * Puts the probe of each group on the HTTP server itself, not on a controller: a global prefix, versioning or guard of
 * the story service would otherwise move or close them, and the orchestrator would kill a healthy process.
 * @returns the paths of the probes
 * @throws FleetdeckError `INVALID_INPUT` when the platform's server is not one of Node's
 */
export function mountProbes(
  adapter: HttpServer,
  prefix: string,
  groups: readonly string[],
  answerOf: (group: string) => ProbeAnswer,
): string[] {
  const base = `/${prefix.replace(/^\/+|\/+$/g, '')}`.replace(/\/$/, '');
  const groupAt = new Map(groups.map((group) => [`${base}/${group}`, group]));
  answerAhead(serverOf(adapter), (request) => {
    const group = groupAt.get(pathOf(request));
    return group === undefined ? null : answerOf(group);
  });
  // For what does not come through that server: requests that a test injects, other spellings of a path.
  for (const [path, group] of groupAt) {
    adapter.get(path, (_request: unknown, response: unknown) => sendAnswer(response, answerOf(group)));
  }
  return [...groupAt.keys()];
}

/** What {@link doubledRoutes} reads of Express. */
interface RoutingApp {
  router?: { stack?: { route?: { path?: unknown; methods?: { get?: boolean } } }[] };
}

/** The paths at which more than one `GET` route stands, of which only the first is reached; as far as the platform tells. */
export function doubledRoutes(adapter: Pick<HttpServer, 'getInstance'> | undefined): string[] {
  const { stack = [] } = (adapter?.getInstance() as RoutingApp | undefined)?.router ?? {};
  const paths = stack.flatMap(({ route }) =>
    route?.methods?.get === true && typeof route.path === 'string' ? [route.path] : [],
  );
  return [...new Set(paths.filter((path, index) => paths.indexOf(path) < index))];
}

function serverOf(adapter: HttpServer): Server {
  const server = adapter.getHttpServer() as Partial<Server> | undefined;
  if (typeof server?.listeners === 'function' && typeof server.removeAllListeners === 'function') {
    return server as Server;
  }
  throw new FleetdeckError(
    'INVALID_INPUT',
    `TerminusHealthModule cannot put its probes on the platform "${adapter.getType?.() ?? 'unknown'}", whose server is not one of Node's. Use @nestjs/platform-express, or give http: false and answer from HealthChecker.probeAnswer(group).`,
  );
}

/**
 * Answers before the framework and its middleware see the request. A probe then costs what Node itself costs, and a log,
 * a session store or a rate limit in front of the routes can neither slow it down nor refuse it.
 */
function answerAhead(server: Server, answerTo: (request: IncomingMessage) => ProbeAnswer | null): void {
  const behind = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const answer = reads ? answerTo(request) : null;
    if (answer) sendAnswer(response, answer);
    else for (const each of behind) each.call(server, request, response);
  });
}

function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
