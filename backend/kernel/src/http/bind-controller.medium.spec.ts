import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  Global,
  Header,
  Injectable,
  Module,
  Param,
  Post,
  Query,
  RequestTimeoutException,
  Res,
  VersioningType,
  type ArgumentsHost,
  type CanActivate,
  type DynamicModule,
  type ExceptionFilter,
  type INestApplication,
  type LoggerService,
  type PipeTransform,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { isProblem, isRole, type Problem } from '@fleetdeck/dto';
import { Type } from 'class-transformer';
import { IsInt, IsString, MaxLength, ValidateNested } from 'class-validator';
import { CurrentPrincipal, RequireRole } from '../access/access.guard.ts';
import { PRINCIPAL_RESOLVER, type Principal, type PrincipalResolver } from '../access/principal.ts';
import { FleetdeckError } from '../fleetdeck-error.ts';
import { bindController, type ModuleHttpOptions } from './bind-controller.ts';
import { ProblemFilter } from './problem.filter.ts';

class PartDto {
  @IsInt()
  size!: number;
}

class ThingDto {
  @IsString()
  @MaxLength(10)
  name!: string;

  @ValidateNested({ each: true })
  @Type(() => PartDto)
  parts!: PartDto[];
}

/** A controller as a Fleetdeck module has one: no @Controller, no filter, no pipe of its own. */
class ThingsController {
  @Get('open')
  @RequireRole('public')
  open(): object {
    return { ok: true };
  }

  @Get('mine')
  @RequireRole('viewer')
  mine(@CurrentPrincipal() principal: Principal): object {
    return { subject: principal.subject };
  }

  @Get('nobody')
  @RequireRole('public')
  nobody(@CurrentPrincipal() principal: Principal): object {
    return { subject: principal.subject };
  }

  @Get('forgotten')
  forgotten(): object {
    return { ok: true };
  }

  @Post()
  @RequireRole('operator')
  create(@Body() thing: ThingDto): object {
    return { isDto: thing instanceof ThingDto, name: thing.name };
  }

  @Get('fails/:how')
  @RequireRole('public')
  fails(@Param('how') how: string): never {
    throw FAILURES[how];
  }

  @Get('half')
  @RequireRole('public')
  @Header('Content-Type', 'text/csv')
  half(@Res() response: { write(part: string): void }): never {
    response.write('id,name\n');
    throw new Error('the cursor broke');
  }
}

const FAILURES: Readonly<Record<string, unknown>> = {
  busy: new FleetdeckError('OVERLOADED', 'Too much at once; try again in 2 s.', { retryAfterSeconds: 1.2 }),
  bug: new Error('password=hunter2 at /srv/secret.ts'),
  nothing: null,
  text: 'a thrown text',
  database: Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }),
  timeout: new RequestTimeoutException('The story waited for too long.'),
  nest: new BadRequestException(['name must be short', 'size must be a number']),
};

const bearer = (role: string): RequestInit => ({ headers: { authorization: `Bearer ${role}` } });

const resolver: PrincipalResolver = {
  resolve({ headers }) {
    const role = String(headers['authorization']).replace('Bearer ', '');
    if (role === 'expired')
      throw new FleetdeckError('SESSION_EXPIRED', 'The session has ended; sign in again.');
    const principal: Principal = { subject: `a-${role}`, role: 'viewer', method: 'bearer', expiresAt: null };
    return Promise.resolve(isRole(role) ? { ...principal, role } : null);
  },
};

@Module({})
class ThingsModule {
  static forRoot(http?: ModuleHttpOptions): DynamicModule {
    return { module: ThingsModule, controllers: bindController(ThingsController, 'things', http) };
  }
}

@Controller('own')
class StoryController {
  @Post()
  take(@Body() thing: ThingDto, @Query('q') q: string): object {
    return { thing, q };
  }

  @Get('fails')
  fails(): never {
    throw new Error('the story failed');
  }
}

@Catch()
class StoryFilter implements ExceptionFilter {
  catch(thrown: { message?: string }, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { json(body: unknown): void } }>();
    response.status(418).json({ story: thrown.message });
  }
}

@Injectable()
class StoryPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.trim() : value;
  }
}

interface Line {
  level: string;
  message: string;
}

let app: INestApplication | undefined;
let lines: Line[] = [];

afterEach(async () => {
  await app?.close();
  app = undefined;
});

interface Story {
  modules?: DynamicModule[];
  providers?: Provider[];
  resolver?: PrincipalResolver | null;
  setUp?: (app: INestApplication) => void;
}

/** Starts a story service with Fleetdeck modules in it, and returns how to ask it. */
async function start(story: Story = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  @Global()
  @Module({
    providers:
      story.resolver === null ? [] : [{ provide: PRINCIPAL_RESOLVER, useValue: story.resolver ?? resolver }],
    exports: story.resolver === null ? [] : [PRINCIPAL_RESOLVER],
  })
  class SignInModule {}

  const testing = await Test.createTestingModule({
    imports: [SignInModule, ...(story.modules ?? [ThingsModule.forRoot()])],
    controllers: [StoryController],
    providers: story.providers ?? [],
  }).compile();
  lines = [];
  const log = (level: string) => (message: unknown) => lines.push({ level, message: String(message) });
  const logger: LoggerService = { log: log('log'), error: log('error'), warn: log('warn') };
  app = testing.createNestApplication({ logger });
  app.use(
    (request: { id?: unknown; headers: Record<string, unknown> }, _response: unknown, next: () => void) => {
      request.id = request.headers['x-request-id'];
      next();
    },
  );
  story.setUp?.(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return (path, init) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000), ...init });
}

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body: unknown = await answer.json();
  if (!isProblem(body)) throw new Error(`Not a problem: ${JSON.stringify(body)}`);
  expect(body.status).toBe(answer.status);
  return body;
}

function post(body: unknown, role = 'operator'): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${role}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

describe('a bound controller', () => {
  it('stands at its default path, or where the options say, or nowhere', async () => {
    const ask = await start({
      modules: [
        ThingsModule.forRoot(),
        { ...ThingsModule.forRoot({ prefix: 'ops/things' }), module: class SecondModule {} },
        { ...ThingsModule.forRoot(false), module: class ThirdModule {} },
      ],
    });
    expect((await ask('/things/open')).status).toBe(200);
    expect((await ask('/ops/things/open')).status).toBe(200);
    expect((await ask('/open')).status).toBe(404);
    expect(bindController(ThingsController, 'things', false)).toEqual([]);
  });

  it('stays where it is when the story has a global prefix and versions', async () => {
    const ask = await start({
      setUp: (story) => {
        story.setGlobalPrefix('api');
        story.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    expect((await ask('/api/things/open')).status).toBe(200);
    expect((await ask('/api/v1/own?q=a', post({ name: 'a' }))).status).toBe(201);
    expect((await ask('/api/own?q=a', post({ name: 'a' }))).status).toBe(404);
  });

  it('asks the story’s guards first, then those of the options in order, then for the role', async () => {
    const order: string[] = [];
    const guard = (name: string): CanActivate => ({ canActivate: () => order.push(name) > 0 });
    @Injectable()
    class ClassGuard implements CanActivate {
      canActivate(): boolean {
        return order.push('class') > 0;
      }
    }
    const ask = await start({
      modules: [ThingsModule.forRoot({ guards: [ClassGuard, guard('instance')] })],
      providers: [{ provide: APP_GUARD, useValue: guard('story') }],
      resolver: {
        resolve: (request) => {
          order.push('role');
          return resolver.resolve(request);
        },
      },
    });
    expect((await ask('/things/mine', bearer('viewer'))).status).toBe(200);
    expect(order).toEqual(['story', 'class', 'instance', 'role']);
  });

  it('ends at a guard of the options that says no, with a problem', async () => {
    const ask = await start({ modules: [ThingsModule.forRoot({ guards: [{ canActivate: () => false }] })] });
    expect(await problemOf(await ask('/things/open'))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

describe('access to a bound controller', () => {
  it.each([
    ['open', 'nobody', 200],
    ['mine', 'nobody', 401],
    ['mine', 'viewer', 200],
    ['mine', 'admin', 200],
    ['forgotten', 'nobody', 401],
    ['forgotten', 'operator', 403],
    ['forgotten', 'admin', 200],
  ])('answers GET %s of %s with %d', async (route, role, status) => {
    const ask = await start();
    expect((await ask(`/things/${route}`, bearer(role))).status).toBe(status);
  });

  it('hands the principal to the handler', async () => {
    const ask = await start();
    expect(await (await ask('/things/mine', bearer('viewer'))).json()).toEqual({ subject: 'a-viewer' });
  });

  it('has no principal on a public route, even for who is signed in', async () => {
    const ask = await start();
    expect((await ask('/things/nobody', bearer('admin'))).status).toBe(401);
  });

  it('says who it does not know, who may not, and whose session has ended', async () => {
    const ask = await start();
    const unknown = await ask('/things/mine');
    expect(unknown.headers.get('www-authenticate')).toBe('Bearer');
    expect(await problemOf(unknown)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await problemOf(await ask('/things', post({}, 'viewer')))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      detail: 'This needs role operator; you are signed in as viewer.',
    });
    expect(await problemOf(await ask('/things/mine', bearer('expired')))).toMatchObject({
      status: 401,
      code: 'SESSION_EXPIRED',
    });
  });

  it('answers 401 without a PrincipalResolver, and warns once however often it is asked', async () => {
    const ask = await start({
      resolver: null,
      modules: [
        ThingsModule.forRoot(),
        { ...ThingsModule.forRoot({ prefix: 'b' }), module: class SecondModule {} },
      ],
    });
    expect((await ask('/things/open')).status).toBe(200);
    for (const path of ['/things/mine', '/b/mine', '/things/forgotten']) {
      expect((await ask(path, bearer('admin'))).status).toBe(401);
    }
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('provide a PrincipalResolver under PRINCIPAL_RESOLVER');
  });
});

describe('the body of a bound controller', () => {
  it('arrives as its class', async () => {
    const ask = await start();
    const answer = await ask('/things', post({ name: 'a', parts: [{ size: 1 }] }));
    expect(await answer.json()).toEqual({ isDto: true, name: 'a' });
  });

  it('is refused field by field, unknown fields included', async () => {
    const ask = await start();
    const body = { name: 'x'.repeat(11), parts: [{ size: 1 }, { size: 'big', colour: 'red' }], extra: 1 };
    const problem = await problemOf(await ask('/things', post(body)));
    expect(problem).toMatchObject({ status: 400, code: 'INVALID_INPUT' });
    expect(problem.fields?.map(({ field }) => field).sort()).toEqual([
      'extra',
      'name',
      'parts[1].colour',
      'parts[1].size',
    ]);
    expect(problem.detail).toBe(`${problem.fields?.[0]?.field}: ${problem.fields?.[0]?.message}.`);
  });

  it('is refused with at most 20 fields', async () => {
    const ask = await start();
    const parts = Array.from({ length: 100 }, () => ({ size: 'big' }));
    expect((await problemOf(await ask('/things', post({ name: 'a', parts })))).fields).toHaveLength(20);
  });

  it.each([['{}'], ['[]'], ['[{"name":"a","parts":[]}]']])('is refused when it is %s', async (body) => {
    const ask = await start();
    const problem = await problemOf(await ask('/things', post(body)));
    expect(problem.code).toBe('INVALID_INPUT');
    expect(problem.fields?.every(({ field }) => typeof field === 'string' && field !== '')).toBe(true);
  });
});

describe('the errors of a bound controller', () => {
  it('carry the wait that the error asks for, rounded up', async () => {
    const ask = await start();
    const answer = await ask('/things/fails/busy', { headers: { 'x-request-id': 'r-7' } });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await problemOf(answer)).toMatchObject({
      status: 503,
      code: 'OVERLOADED',
      retryable: true,
      retryAfterSeconds: 1.2,
      instance: 'r-7',
    });
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('keep what nobody foresaw in the log, under the id of the request', async () => {
    const ask = await start();
    const answer = await ask('/things/fails/bug', { headers: { 'x-request-id': 'r-8' } });
    const text = await answer.clone().text();
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('secret');
    expect(await problemOf(answer)).toMatchObject({ status: 500, code: 'INTERNAL', instance: 'r-8' });
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', message: 'password=hunter2 at /srv/secret.ts (request r-8)' },
    ]);
  });

  it.each([
    ['nothing', 'unknown error'],
    ['text', 'a thrown text'],
  ])('survive that %s was thrown, and give the request an id to find it by', async (how, words) => {
    const ask = await start();
    const problem = await problemOf(await ask(`/things/fails/${how}`));
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(problem.instance).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines.at(-1)?.message).toBe(`${words} (request ${problem.instance})`);
  });

  it('say that the database is away, not where it is', async () => {
    const ask = await start();
    const problem = await problemOf(await ask('/things/fails/database'));
    expect(problem).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE', retryAfterSeconds: 2 });
    expect(JSON.stringify(problem)).not.toContain('10.0.0.7');
  });

  it('take over what Nest and the story’s own guards and pipes throw', async () => {
    const ask = await start();
    expect(await problemOf(await ask('/things/fails/nest'))).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [
        { field: 'name', message: 'name must be short' },
        { field: 'size', message: 'size must be a number' },
      ],
    });
    expect(await problemOf(await ask('/things/fails/timeout'))).toMatchObject({
      status: 504,
      code: 'TIMED_OUT',
    });
  });

  it('cut an answer off that had already begun, so that half of it does not look whole', async () => {
    const ask = await start();
    await expect(ask('/things/half').then((answer) => answer.text())).rejects.toThrow();
    expect(lines.some(({ message }) => message.startsWith('the cursor broke (request '))).toBe(true);
  });
});

describe('bodies that cannot be read', () => {
  const tooLarge = post({ name: 'x'.repeat(200_000) });
  const malformed = post('{"name":');

  it('are problems when the service binds ProblemFilter globally, as routes that do not exist are', async () => {
    const ask = await start({
      setUp: (story) => story.useGlobalFilters(new ProblemFilter(story.get(HttpAdapterHost))),
    });
    expect(await problemOf(await ask('/things', tooLarge))).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      fields: [{ field: 'body', message: 'must have at most 102400 bytes' }],
    });
    expect(await problemOf(await ask('/things', malformed))).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
      fields: [{ field: 'body', message: expect.stringContaining('valid JSON') }],
    });
    expect(await problemOf(await ask('/nowhere'))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const latin = { ...malformed, headers: { 'content-type': 'application/json; charset=latin9' } };
    expect(await problemOf(await ask('/things', latin))).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
    });
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('are the story’s to answer when it does not: they fail before a controller is chosen', async () => {
    const ask = await start({ providers: [{ provide: APP_FILTER, useClass: StoryFilter }] });
    expect((await ask('/things', tooLarge)).status).toBe(418);
    expect((await ask('/things', malformed)).status).toBe(418);
  });
});

describe('the story’s own routes', () => {
  it('keep its filter, its pipe and its bodies as they were', async () => {
    const ask = await start({
      providers: [
        { provide: APP_FILTER, useClass: StoryFilter },
        { provide: APP_PIPE, useClass: StoryPipe },
      ],
    });
    const failed = await ask('/own/fails');
    expect([failed.status, await failed.json()]).toEqual([418, { story: 'the story failed' }]);
    const taken = await ask('/own?q=%20a%20', post({ anything: 'goes' }));
    expect(await taken.json()).toEqual({ thing: { anything: 'goes' }, q: 'a' });
    // And ours, in the same service, answers as a problem.
    expect(await problemOf(await ask('/things/fails/bug'))).toMatchObject({ code: 'INTERNAL' });
  });
});
