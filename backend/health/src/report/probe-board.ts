import type { ComponentHealth, StatusFamily } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { HealthGroups } from '../health.options.ts';
import { isReady, overallStatus } from './overall-status.ts';
import { ALIVE, NOT_ALIVE, NOT_READY, probeAnswer, READY, type ProbeAnswer } from './probe-answers.ts';

/** What the board needs of a component. */
export interface BoardComponent {
  readonly health: ComponentHealth;
  /** Whether a result has counted at least once. */
  readonly everChecked: boolean;
}

const GROUP_NAME = /^[a-z][a-z0-9-]{0,49}$/;
/** How many groups there may be beside `live` and `ready`. */
export const MAX_GROUPS = 50;
const MISSING = { status: 'unknown', criticality: 'critical' } as const;

/**
 * What the probes answer, group by group. All is decided when something changes; a probe only picks up the answer, so
 * that neither a hung check nor a thousand probes change what one probe costs.
 */
export class ProbeBoard {
  private readonly members: ReadonlyMap<string, readonly string[]>;
  private readonly answers = new Map<string, ProbeAnswer>([
    ['live', ALIVE],
    ['ready', NOT_READY],
  ]);
  private readonly aged = new Map<string, { base: ProbeAnswer; seconds: number; answer: ProbeAnswer }>();
  /** Whether anybody was told that the service is ready: nobody is before the server listens. */
  private settled = false;

  /** @throws FleetdeckError `INVALID_INPUT` when a group's name is not valid, or there are too many */
  constructor(groups: HealthGroups = {}) {
    this.members = new Map(Object.entries(groups));
    if (this.members.size > MAX_GROUPS) {
      throw new FleetdeckError('INVALID_INPUT', `groups: there may be at most ${MAX_GROUPS}.`);
    }
    for (const name of this.members.keys()) {
      if (GROUP_NAME.test(name)) continue;
      throw new FleetdeckError(
        'INVALID_INPUT',
        `groups: "${name}" must be a small letter, then small letters, digits or "-", at most 50 in all.`,
      );
    }
  }

  /** All groups: `live`, `ready`, and those of the options. */
  get groups(): string[] {
    return [...new Set(['live', 'ready', ...this.members.keys()])];
  }

  /** Whether the service may be sent requests. */
  get ready(): boolean {
    const ready = this.answers.get('ready') === READY;
    this.settled ||= ready;
    return ready;
  }

  /** Names that a group asks for; `null` when it takes every component. */
  membersOf(group: string): readonly string[] | null {
    return this.members.get(group) ?? (group === 'live' ? [] : null);
  }

  /** Names that groups ask for and that nobody registered. */
  missing(components: ReadonlyMap<string, unknown>): { group: string; name: string }[] {
    return [...this.members].flatMap(([group, names]) =>
      names.filter((name) => !components.has(name)).map((name) => ({ group, name })),
    );
  }

  /** The worst of what the members contribute; a member that nobody registered is unknown. */
  statusOf(group: string, components: ReadonlyMap<string, BoardComponent>): StatusFamily {
    return overallStatus(this.of(group, components).map((component) => component?.health ?? MISSING));
  }

  /** What a group's probe answers now. @param ageSeconds how old the newest result is, for the `Age` header */
  answer(group: string, ageSeconds: number): ProbeAnswer {
    const base = this.answers.get(group) ?? NOT_READY;
    if (base === READY) this.settled = true;
    const known = this.aged.get(group);
    if (known?.base === base && known.seconds === ageSeconds) return known.answer;
    const answer = { ...base, headers: { ...base.headers, Age: String(ageSeconds) } };
    this.aged.set(group, { base, seconds: ageSeconds, answer });
    return answer;
  }

  /** Decides all answers anew. */
  refresh(
    components: ReadonlyMap<string, BoardComponent>,
    { running, stopping }: { running: boolean; stopping: boolean },
  ): void {
    const counted = (group: string) =>
      this.of(group, components).map((component) => component?.health ?? MISSING);

    const ready = this.of('ready', components);
    // What is registered while the application starts holds readiness back until its first check, also after the
    // module has started; a component that comes once the service was called ready does not.
    const started =
      this.settled ||
      (running && ready.every((one) => one && (one.everChecked || one.health.criticality !== 'critical')));
    const isUp = isReady(counted('ready'), { started, shuttingDown: stopping });
    this.answers.set('ready', isUp ? READY : NOT_READY);
    const isAlive = isReady(counted('live'), { started: true, shuttingDown: false });
    this.answers.set('live', isAlive ? ALIVE : NOT_ALIVE);
    for (const group of this.members.keys()) {
      if (group === 'ready' || group === 'live') continue;
      const status = this.statusOf(group, components);
      const unsure = counted(group).some((one) => one.status === 'unknown' && one.criticality === 'critical');
      const well = !unsure && (status === 'healthy' || status === 'degraded');
      this.answers.set(
        group,
        probeAnswer(well ? 200 : 503, unsure && status === 'degraded' ? 'unknown' : status),
      );
    }
  }

  private of(group: string, components: ReadonlyMap<string, BoardComponent>): (BoardComponent | undefined)[] {
    return this.membersOf(group)?.map((name) => components.get(name)) ?? [...components.values()];
  }
}
