import { Controller, Get, Header, HttpStatus, Inject, Param, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { roleAtLeast, type HealthReport } from '@fleetdeck/dto';
import { CurrentPrincipal, RequireRole, type Principal } from '@fleetdeck/kernel';
import { HealthChecker } from '../health.checker.ts';
import { terminusReport, type TerminusReport } from '../report/terminus-report.ts';
import { withoutDetails } from '../report/without-details.ts';

/** The report over HTTP. Figures of the checks are for operators and above. */
@Controller()
@RequireRole('viewer')
export class HealthController {
  constructor(
    @Inject(HealthChecker) private readonly checker: HealthChecker,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  report(@CurrentPrincipal() principal: Principal): HealthReport {
    return this.reportFor(principal);
  }

  /** The components of one group only. */
  @Get('groups/:group')
  @Header('Cache-Control', 'no-store')
  group(@Param('group') group: string, @CurrentPrincipal() principal: Principal): HealthReport {
    return this.reportFor(principal, group);
  }

  /** For tools that read Terminus: its shape, and its 503 when the whole is not well. */
  @Get('terminus')
  @Header('Cache-Control', 'no-store')
  terminus(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) response: unknown,
  ): TerminusReport {
    const report = terminusReport(this.reportFor(principal), this.checker.shuttingDown);
    if (report.status === 'error' || report.status === 'shutting_down') {
      this.adapterHost.httpAdapter.status(response, HttpStatus.SERVICE_UNAVAILABLE);
    }
    return report;
  }

  private reportFor(principal: Principal, group?: string): HealthReport {
    const report = this.checker.report(group);
    return roleAtLeast(principal.role, 'operator') ? report : withoutDetails(report);
  }
}
