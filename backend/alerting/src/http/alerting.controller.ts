import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { AlertsAnswer, Incident, IncidentPage, Silence } from '@fleetdeck/dto';
import { AcknowledgeDto, IncidentQueryDto, SilenceInputDto } from '@fleetdeck/dto/validation';
import { CurrentPrincipal, RequireRole, type Principal } from '@fleetdeck/kernel';
import { Alerting } from '../alerting.service.ts';

/** The module's routes; bound to a prefix by the module. */
export class AlertingController {
  constructor(@Inject(Alerting) private readonly alerting: Alerting) {}

  @Get('alerts')
  @RequireRole('viewer')
  alerts(): Promise<AlertsAnswer> {
    return this.alerting.alerts();
  }

  @Get('incidents')
  @RequireRole('viewer')
  incidents(@Query() query: IncidentQueryDto): Promise<IncidentPage> {
    return this.alerting.incidents(query);
  }

  @Get('incidents/:id')
  @RequireRole('viewer')
  incident(@Param('id') id: string): Promise<Incident> {
    return this.alerting.incident(id);
  }

  @Post('incidents/:id/ack')
  @HttpCode(200)
  @RequireRole('operator')
  acknowledge(
    @Param('id') id: string,
    @Body() { reason }: AcknowledgeDto,
    @CurrentPrincipal() { subject }: Principal,
  ): Promise<Incident> {
    return this.alerting.acknowledge(id, subject, reason ?? null);
  }

  /** In force or to come. */
  @Get('silences')
  @RequireRole('viewer')
  async silences(): Promise<{ silences: Silence[] }> {
    return { silences: await this.alerting.silences() };
  }

  @Post('silences')
  @RequireRole('operator')
  silence(@Body() input: SilenceInputDto, @CurrentPrincipal() { subject }: Principal): Promise<Silence> {
    return this.alerting.silence(input, subject);
  }

  @Delete('silences/:id')
  @RequireRole('operator')
  endSilence(@Param('id') id: string, @CurrentPrincipal() { subject }: Principal): Promise<Silence> {
    return this.alerting.endSilence(id, subject);
  }
}
