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

/** What the board watches. */
export interface BoardSource {
  readonly components: ReadonlyMap<string, BoardComponent>;
  running(): boolean;
  stopping(): boolean;
}

/**
 * What the probes answer, group by group. A group is decided once for all who ask until one of its members changes, so
 * that neither a hung check nor a thousand probes change what one probe costs, nor many groups what a check costs.
 */
export class ProbeBoard {
  private readonly members: ReadonlyMap<string, readonly string[]>;
  private readonly groupsOf = new Map<string, string[]>();
  /** The groups that take every component. */
  private readonly groupsOfAll: readonly string[];
  /** Of the groups of which nothing changed since they were decided. */
  private readonly answers = new Map<string, ProbeAnswer>();
  private readonly aged = new Map<string, { base: ProbeAnswer; seconds: number; answer: ProbeAnswer }>();
  /** Whether anybody was told that the service is ready: nobody is before the server listens. */
  private settled = false;

  /** @throws FleetdeckError `INVALID_INPUT` when a group's name is not valid, or there are too many */
  constructor(
    private readonly source: BoardSource,
    groups: HealthGroups = {},
  ) {
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
    this.groupsOfAll = this.groups.filter((group) => this.membersOf(group) === null);
    for (const [group, names] of this.members) {
      for (const name of names) this.groupsOf.set(name, [...(this.groupsOf.get(name) ?? []), group]);
    }
  }

  /** All groups: `live`, `ready`, and those of the options. */
  get groups(): string[] {
    return [...new Set(['live', 'ready', ...this.members.keys()])];
  }

  /** Whether the service may be sent requests. */
  get ready(): boolean {
    const ready = this.decided('ready') === READY;
    this.settled ||= ready;
    return ready;
  }

  /** Names that a group asks for; `null` when it takes every component. */
  membersOf(group: string): readonly string[] | null {
    return this.members.get(group) ?? (group === 'live' ? [] : null);
  }

  /** Names that groups ask for and that nobody registered. */
  get missing(): { group: string; name: string }[] {
    return [...this.members].flatMap(([group, names]) =>
      names.filter((name) => !this.source.components.has(name)).map((name) => ({ group, name })),
    );
  }

  /** The worst of what the members contribute; a member that nobody registered is unknown. */
  statusOf(group: string): StatusFamily {
    return overallStatus(this.counted(group));
  }

  /** What a group's probe answers now. @param ageSeconds how old the newest result is, for the `Age` header */
  answer(group: string, ageSeconds: number): ProbeAnswer {
    const base = this.decided(group);
    if (base === READY) this.settled = true;
    const known = this.aged.get(group);
    if (known?.base === base && known.seconds === ageSeconds) return known.answer;
    const answer = { ...base, headers: { ...base.headers, Age: String(ageSeconds) } };
    this.aged.set(group, { base, seconds: ageSeconds, answer });
    return answer;
  }

  /** A component came, went, or has another status. */
  changed(name: string): void {
    for (const group of this.groupsOfAll) this.answers.delete(group);
    for (const group of this.groupsOf.get(name) ?? []) this.answers.delete(group);
  }

  /** The checks began, or shutdown did. */
  allChanged(): void {
    this.answers.clear();
  }

  private decided(group: string): ProbeAnswer {
    let answer = this.answers.get(group);
    if (!answer) this.answers.set(group, (answer = this.decide(group)));
    return answer;
  }

  private decide(group: string): ProbeAnswer {
    if (group === 'live') {
      return isReady(this.counted(group), { started: true, shuttingDown: false }) ? ALIVE : NOT_ALIVE;
    }
    if (group === 'ready') return this.decideReady();
    if (!this.members.has(group)) return NOT_READY;
    const counted = this.counted(group);
    const status = overallStatus(counted);
    const unsure = counted.some((one) => one.status === 'unknown' && one.criticality === 'critical');
    const well = !unsure && (status === 'healthy' || status === 'degraded');
    return probeAnswer(well ? 200 : 503, unsure && status === 'degraded' ? 'unknown' : status);
  }

  private decideReady(): ProbeAnswer {
    // What is registered while the application starts holds readiness back until its first check, also after the
    // module has started; a component that comes once the service was called ready does not.
    const started =
      this.settled ||
      (this.source.running() &&
        this.of('ready').every((one) => one && (one.everChecked || one.health.criticality !== 'critical')));
    const shuttingDown = this.source.stopping();
    return isReady(this.counted('ready'), { started, shuttingDown }) ? READY : NOT_READY;
  }

  private counted(group: string): Pick<ComponentHealth, 'status' | 'criticality'>[] {
    return this.of(group).map((component) => component?.health ?? MISSING);
  }

  private of(group: string): (BoardComponent | undefined)[] {
    const { components } = this.source;
    return this.membersOf(group)?.map((name) => components.get(name)) ?? [...components.values()];
  }
}
