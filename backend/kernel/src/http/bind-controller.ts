import {
  Controller,
  UseFilters,
  UseGuards,
  UsePipes,
  VERSION_NEUTRAL,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { AccessGuard } from '../access/access.guard.ts';
import { DtoPipe } from './dto.pipe.ts';
import { ProblemFilter } from './problem.filter.ts';

/** How a module's routes are served; `false` serves none. */
export type ModuleHttpOptions =
  | {
      /** Path below which the routes stand, without the story service's own global prefix. */
      prefix?: string;
      /** Guards that run before Fleetdeck's own. */
      guards?: (Type<CanActivate> | CanActivate)[];
    }
  | false;

/**
 * Makes the controller that a module serves under the given options: a subclass, so that two modules or two
 * applications in one process do not share their prefix. Fleetdeck's guard, pipe and filter are bound to it alone.
 */
export function bindController<T>(
  base: Type<T>,
  defaultPrefix: string,
  options: ModuleHttpOptions = {},
): Type<T>[] {
  if (options === false) return [];
  const Bound = { [base.name]: class extends (base as Type<object>) {} }[base.name] as Type<T>;
  Controller({ path: options.prefix ?? defaultPrefix, version: VERSION_NEUTRAL })(Bound);
  UseGuards(...(options.guards ?? []), AccessGuard)(Bound);
  UsePipes(DtoPipe)(Bound);
  UseFilters(ProblemFilter)(Bound);
  return [Bound];
}
