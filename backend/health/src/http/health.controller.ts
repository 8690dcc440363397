import { Controller, Get, Header, HttpStatus, Inject, Param, Query, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { roleAtLeast, type HealthHistory, type HealthReport, type HealthTimeline } from '@fleetdeck/dto';
import { HealthHistoryQueryDto, HealthTimelineQueryDto } from '@fleetdeck/dto/validation';
import { CurrentPrincipal, RequireRole, type Principal } from '@fleetdeck/kernel';
import { HealthChecker } from '../health.checker.ts';
import { HealthHistoryReader } from '../history/history-reader.ts';
import { sendAnswer } from './send-answer.ts';
import { terminusReport, type TerminusReport } from '../report/terminus-report.ts';
import { historyWithoutDetails, withoutDetails } from '../report/without-details.ts';

/** The report over HTTP. Figures of the checks are for operators and above. */
@Controller()
@RequireRole('viewer')
export class HealthController {
  constructor(
    @Inject(HealthChecker) private readonly checker: HealthChecker,
    @Inject(HealthHistoryReader) private readonly reader: HealthHistoryReader,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Rendered when something changes and not when it is asked for: every open page asks again and again. */
  @Get()
  report(@CurrentPrincipal() principal: Principal, @Res() response: unknown): void {
    sendAnswer(response, this.checker.renderedReport(roleAtLeast(principal.role, 'operator')));
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

  /** The past of all components in equal pieces. */
  @Get('timeline')
  @Header('Cache-Control', 'no-store')
  timeline(@Query() { spanSeconds, buckets }: HealthTimelineQueryDto): Promise<HealthTimeline> {
    return this.reader.timeline({
      ...(spanSeconds === undefined ? {} : { spanMs: spanSeconds * 1000 }),
      ...(buckets === undefined ? {} : { buckets }),
    });
  }

  /** Changes, incidents and uptime of one component. Which replica saw what is for operators and above. */
  @Get('components/:name/history')
  @Header('Cache-Control', 'no-store')
  async history(
    @Param('name') name: string,
    @Query() { from, to, ...query }: HealthHistoryQueryDto,
    @CurrentPrincipal() principal: Principal,
  ): Promise<HealthHistory> {
    const history = await this.reader.history(name, {
      ...query,
      ...(from === undefined ? {} : { from: Date.parse(from) }),
      ...(to === undefined ? {} : { to: Date.parse(to) }),
    });
    return roleAtLeast(principal.role, 'operator') ? history : historyWithoutDetails(history);
  }

  private reportFor(principal: Principal, group?: string): HealthReport {
    const report = this.checker.report(group);
    return roleAtLeast(principal.role, 'operator') ? report : withoutDetails(report);
  }
}
