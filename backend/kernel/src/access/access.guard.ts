import {
  createParamDecorator,
  Inject,
  Injectable,
  Logger,
  Optional,
  SetMetadata,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { roleAtLeast, type Role } from '@fleetdeck/dto';
import { FleetdeckError } from '../fleetdeck-error.ts';
import { PRINCIPAL_RESOLVER, type Principal, type PrincipalResolver } from './principal.ts';

const LEAST_ROLE = 'fleetdeck:least-role';
const PRINCIPAL = Symbol.for('@fleetdeck/kernel/request-principal');

interface GuardedRequest {
  headers: Record<string, string | string[] | undefined>;
  [PRINCIPAL]?: Principal;
}

/** Names the least role that a route, or all routes of a controller, need. `'public'` opens it to everyone. */
export const RequireRole = (least: Role | 'public') => SetMetadata(LEAST_ROLE, least);

/** Gives a route handler the {@link Principal}; only behind {@link AccessGuard}, on a route that is not public. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal => {
    const principal = context.switchToHttp().getRequest<GuardedRequest>()[PRINCIPAL];
    if (!principal) throw new FleetdeckError('UNAUTHENTICATED', 'Sign in, then try again.');
    return principal;
  },
);

/**
 * Lets a request through when its principal has the role that the route names. A route that names none is
 * refused to everyone but admins, so that a forgotten decorator does not open it.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private static warned = false;
  private readonly logger = new Logger(AccessGuard.name);

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Optional() @Inject(PRINCIPAL_RESOLVER) private readonly resolver?: PrincipalResolver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const least =
      this.reflector.getAllAndOverride<Role | 'public' | undefined>(LEAST_ROLE, targets) ?? 'admin';
    if (least === 'public') return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const principal = await this.principalOf(request);
    if (!principal) throw new FleetdeckError('UNAUTHENTICATED', 'Sign in, then try again.');
    if (!roleAtLeast(principal.role, least)) {
      throw new FleetdeckError(
        'FORBIDDEN',
        `This needs role ${least}; you are signed in as ${principal.role}.`,
      );
    }
    request[PRINCIPAL] = principal;
    return true;
  }

  private async principalOf(request: GuardedRequest): Promise<Principal | null> {
    if (!this.resolver) {
      if (!AccessGuard.warned) {
        AccessGuard.warned = true;
        this.logger.warn(
          'Every guarded Fleetdeck route answers 401: provide a PrincipalResolver under PRINCIPAL_RESOLVER in a global module.',
        );
      }
      return null;
    }
    return this.resolver.resolve({ headers: request.headers });
  }
}
