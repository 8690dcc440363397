import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  type OnModuleInit,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { Broadcaster } from '@fleetdeck/broadcast';
import type { Session } from '@fleetdeck/dto';
import { SignInDto } from '@fleetdeck/dto/validation';
import {
  AccessGuard,
  CLOCK,
  CurrentPrincipal,
  DtoPipe,
  FleetdeckError,
  isoTime,
  PRINCIPAL_RESOLVER,
  ProblemFilter,
  RequireRole,
  toFleetdeckError,
  type Clock,
  type Principal,
} from '@fleetdeck/kernel';
import { RUNTIME, type ServiceRuntime } from '../service-runtime.ts';
import { SESSION_LIFETIME_MS, sessionName, SessionStore } from './session-store.ts';
import { ServicePrincipalResolver } from './service-principal-resolver.ts';
import { verifyLinkCode } from './tokens.ts';

/** Signs browsers in and out. */
@Controller()
@UseGuards(AccessGuard)
@UsePipes(DtoPipe)
@UseFilters(ProblemFilter)
export class SessionController implements OnModuleInit {
  constructor(
    @Inject(RUNTIME) private readonly runtime: ServiceRuntime,
    @Inject(SessionStore) private readonly sessions: SessionStore,
    @Inject(PRINCIPAL_RESOLVER) private readonly principals: ServicePrincipalResolver,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Broadcaster) private readonly broadcaster: Broadcaster,
  ) {}

  /** What another replica ended is not believed here any longer either. */
  onModuleInit(): void {
    this.broadcaster.onSessionEnd((session) => this.sessions.forget(session));
  }

  /** Uses a sign-in link up and sends the browser to the dashboard. */
  @Get('sign-in/link')
  @RequireRole('public')
  async followLink(
    @Query('code') code: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { secret, environment } = this.runtime;
    const link =
      secret !== null && typeof code === 'string' ? await verifyLinkCode(secret, code, this.clock) : null;
    let page = 'sign-in?problem=link';
    try {
      if (link !== null && (await this.sessions.useLink(link.id, link.expiresAt))) {
        await this.signIn('local operator', 'admin', request, response);
        page = '';
      }
    } catch (thrown) {
      // A person follows a link: they get a page that says so, as every other time.
      if (toFleetdeckError(thrown).code !== 'DATABASE_UNAVAILABLE') throw thrown;
      page = 'sign-in?problem=unavailable';
    }
    response.redirect(303, `${environment.basePath}/${page}`);
  }

  /** Exchanges a bearer token for a cookie, so that the page need not keep the token. */
  @Post('api/v1/session')
  @RequireRole('public')
  @HttpCode(200)
  async exchange(
    @Body() body: SignInDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Session> {
    const principal = await this.principals.resolve({ headers: {}, token: body.token.trim() });
    if (!principal)
      throw new FleetdeckError('UNAUTHENTICATED', 'token is not one that this service accepts.');
    const expiresAt = await this.signIn(
      principal.subject,
      principal.role,
      request,
      response,
      principal.expiresAt,
    );
    return {
      subject: principal.subject,
      role: principal.role,
      expiresAt: isoTime(expiresAt),
      method: 'cookie',
    };
  }

  /** Who is signed in. */
  @Get('api/v1/session')
  @RequireRole('viewer')
  current(@CurrentPrincipal() principal: Principal): Session {
    const { subject, role, method, expiresAt } = principal;
    return { subject, role, method, expiresAt: expiresAt === null ? null : isoTime(expiresAt) };
  }

  /** Signs the browser out, its open pages too; also when its session has already ended. */
  @Delete('api/v1/session')
  @RequireRole('public')
  @HttpCode(204)
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    const id = this.principals.sessionIdOf(request.headers);
    if (id !== null) {
      try {
        await this.sessions.remove(id);
      } finally {
        // Also when the database is away: other replicas believe the session then.
        this.broadcaster.endSession(sessionName(id));
      }
    }
    this.setCookie(request, response, '', 0);
  }

  private async signIn(
    subject: string,
    role: Session['role'],
    request: Request,
    response: Response,
    notAfter: number | null = null,
  ): Promise<number> {
    const session = await this.sessions.create(subject, role, notAfter);
    // The cookie outlives its session, so that the service can say "expired" and not merely "sign in".
    this.setCookie(request, response, session.id, (2 * SESSION_LIFETIME_MS) / 1000);
    return session.expiresAt;
  }

  private setCookie(request: Request, response: Response, value: string, maxAge: number): void {
    response.append(
      'Set-Cookie',
      stringifySetCookie({
        name: this.runtime.cookieName(),
        value,
        maxAge,
        httpOnly: true,
        sameSite: 'strict',
        secure: request.secure,
        path: this.runtime.environment.basePath || '/',
      }),
    );
    response.set('Cache-Control', 'no-store');
  }
}
