import type { ArmEvidence, CircuitCounts, CountedValues, MetricDefinition, Plan } from '@astraapi/statistics'

/**
 * An A/B test between versions of one contract, as it stands in the catalog: what was declared, and how far it has come. Every change of
 * its status is a catalog change, so that of several gateways only one can make it, and each learns of it as of any other.
 */
export interface ExperimentState {
  readonly description?: string
  readonly model: string
  readonly major: number
  /** Version ids. Calls that are not enrolled meet the control. */
  readonly control: string
  readonly candidates: readonly string[]
  /** Parts of the enrolled units by version id, above 0: the control and every candidate. */
  readonly shares: Readonly<Record<string, number>>
  /** How shares follow what is seen. Left out: they stay. */
  readonly allocation?: Allocation
  /** The steps of the share of all units that is enrolled, first to last; one step is no ramp. */
  readonly ramp: readonly RampStep[]
  /** How long after a unit's first call its calls and their feedback count, ms. Then its values are frozen. */
  readonly attributionMs: number
  /** Whether its calls may be answered by the cache. Left out: no. */
  readonly cached?: boolean
  /** What is analysed, success metrics and guardrails. */
  readonly metrics: readonly ExperimentMetric[]
  readonly plan: Plan
  /**
   * `api`: made by the platform API, and named by no manifest: `apply` leaves it alone. `past`: over, and named by the manifest no more.
   * Left out: the manifest has it.
   */
  readonly origin?: 'api' | 'past'
  readonly progress: Progress
}

/**
 * Shares that follow the evidence, each time as a new epoch: `thompson` gives an arm the probability that it is the best, `track-and-stop`
 * the shares that find the best soonest.
 */
export interface Allocation {
  readonly method: 'thompson' | 'track-and-stop'
  /** No sooner after the epoch before, ms of running time. */
  readonly everyMs: number
  /** The least share of each arm. */
  readonly least: number
}

/** Epochs of an experiment whose shares follow the evidence; an arm may leave all the same. */
export const epochsMax = 100

export interface RampStep {
  /** In (0, 1]. */
  readonly coverage: number
  /** How long it lasts, ms of running time; the last has no end of its own. */
  readonly forMs?: number
}

/** A metric and where its values come from. */
export interface ExperimentMetric extends MetricDefinition {
  readonly from: MetricSource
}

/**
 * `feedback`: a metric that the contract declares, by its name. The others stand in every Record: `errors` (failed calls per call),
 * `latency` and `first-chunk` (ms of each call that was answered), `cost` (USD per call), `tokens` (output tokens per call),
 * `invalid-output`, `refusals` and `truncations` (per call).
 */
export type MetricSource = FeedbackSource | { readonly record: RecordMetric }

export interface FeedbackSource {
  readonly feedback: string
  /** Whose word counts, as the contract's metric has it. Left out: everybody's. */
  readonly source?: FeedbackMetric['source']
}

export const recordMetrics = [
  'errors',
  'latency',
  'first-chunk',
  'cost',
  'tokens',
  'invalid-output',
  'refusals',
  'truncations',
] as const
export type RecordMetric = (typeof recordMetrics)[number]

/** What feedback about a contract's calls may say. */
export interface FeedbackMetric {
  readonly description?: string
  readonly type: 'boolean' | 'number'
  readonly optimise: 'min' | 'max'
  /** Whose word counts in experiments. Left out: everybody's. */
  readonly source?: 'user' | 'ground_truth' | 'judge' | 'heuristic'
  /** Who may speak as another source than `user`, besides operators. Left out: everybody, but for `judge` nobody. */
  readonly consumers?: readonly string[]
  /** Numbers: what is beyond is refused. */
  readonly min?: number
  readonly max?: number
}

export type ExperimentStatus = 'draft' | 'running' | 'paused' | 'promoted' | 'rolled_back' | 'inconclusive' | 'stopped'

export interface Progress {
  readonly status: ExperimentStatus
  /** ms since the Unix epoch; undefined before it began to run. */
  readonly startedAt?: number
  /** Of the present status. */
  readonly since: number
  /** Running time before `since`, without pauses, ms. */
  readonly ranMs: number
  /** Of `ramp`, the present step's place. */
  readonly step: number
  /** When it was taken, ms since the Unix epoch. */
  readonly stepSince?: number
  /** One for each span with unchanged shares; the last is the present one. */
  readonly epochs: readonly ExperimentEpoch[]
  /** Why it is as it is, for people: "sample ratio mismatch: 5,214 to 4,786 units, p = 0.00002". */
  readonly reason?: string
  /** The key id of whoever changed its status last; `astra-experiments` for the controller. */
  readonly by?: string
  /** Version that was promoted. */
  readonly winner?: string
}

export interface ExperimentEpoch {
  /** From 1. */
  readonly number: number
  /** ms since the Unix epoch. */
  readonly from: number
  readonly shares: Readonly<Record<string, number>>
}

/** Statuses in which it owns the contract's weights: `apply` and `setTraffic` leave them alone. */
export const holdsTraffic: ReadonlySet<ExperimentStatus> = new Set(['running', 'paused'])

/** A running or paused experiment, as the stage assign uses it. */
export interface RunningExperiment {
  readonly name: string
  /** As in its progress. */
  readonly startedAt?: number
  readonly epoch: number
  /** Share of the units that are enrolled. While paused: as before, but nothing more is recorded as evidence. */
  readonly coverage: number
  readonly paused: boolean
  readonly cached: boolean
  readonly attributionMs: number
}

/** That a call's unit takes part, and where: what the Record keeps of it. */
export interface Enrolment {
  readonly experiment: string
  /** When it began, ms since the Unix epoch: tells it from another one of its name. */
  readonly startedAt?: number
  readonly epoch: number
  /** The version id: intention to treat, whichever version served. */
  readonly arm: string
  /** HMAC of the sticky key, hexadecimal; the call's own id where the caller gave none. */
  readonly unit: string
  /** As in the catalog; the store freezes by it. */
  readonly attributionMs: number
}

/** Which calls meet a version ahead of all weights and experiments: all that is named must hold. */
export interface TrafficRule {
  readonly version: string
  readonly consumers?: readonly string[]
  readonly teams?: readonly string[]
  /** Tags of the call, by name. */
  readonly tags?: Readonly<Record<string, string>>
  /** Claims of the caller's token, by dotted path. */
  readonly claims?: Readonly<Record<string, string>>
}

/** An experiment from its start on; its evidence is never that of another of its name. */
export type ExperimentRun = Pick<Enrolment, 'experiment' | 'startedAt'>

/** What is known of an experiment's units. Reads lag behind `put` by one batch. */
export interface EvidenceReports {
  /**
   * By epoch number and arm, of units whose attribution window has ended by `frozenBy` (ms since the Unix epoch); `assigned` counts
   * every unit. A metric by its name.
   */
  evidence(
    run: ExperimentRun,
    metrics: readonly ExperimentMetric[],
    frozenBy: number,
  ): Promise<readonly EpochEvidence[]>
  /** By arm, over all epochs: what breaks the circuit. */
  circuit(run: ExperimentRun): Promise<Readonly<Record<string, CircuitCounts>>>
  /** By arm, over all epochs: what it got. Costs the same however many units there are. */
  totals(run: ExperimentRun): Promise<Readonly<Record<string, ArmTotals>>>
  /** All of which anything is known, those included that were forgotten while calls of theirs went on. */
  runs(): Promise<readonly ExperimentRun[]>
}

/** What an arm got, of every call so far, whether its unit counts or not. */
export interface ArmTotals {
  readonly units: number
  /** Calls of units past the bound on the units of an experiment. */
  readonly beyond: number
  /** That say how the arm does, and those of them that say that it failed. */
  readonly calls: number
  readonly failed: number
  readonly costUsd: number
  /** ms, of each unit's first call. Left out: none was answered yet. */
  readonly latencies?: CountedValues
}

export interface EpochEvidence {
  readonly epoch: number
  /** Calls of units past the bound on the units of an experiment: they are in no figure. Left out: none. */
  readonly beyond?: number
  readonly arms: Readonly<Record<string, ArmEvidence>>
}
