import type { CachePolicy } from './cache.ts'
import type { Caller } from './caller.ts'
import type {
  CatalogState,
  ConsumerState,
  ContractExample,
  ContractLimits,
  ContractRevision,
  Deprecation,
  TeamState,
  VersionState,
} from './catalog-state.ts'
import type { CapturePolicy, DriftPolicy, Hedge, Judge, Shadow } from './contract-policies.ts'
import type { Violation } from './errors.ts'
import type { RunningExperiment, TrafficRule } from './experiment.ts'
import type { Limits } from './limits.ts'
import type { TaskName } from './tasks.ts'
import type { TensorSignature } from './tensors.ts'

/** The state as the journey uses it: looked up by name, compiled on first use. */
export interface Catalog {
  readonly revision: number
  /** When it was activated, ms since the Unix epoch. */
  readonly activatedAt: number
  readonly state: CatalogState
  model(name: string): Model | undefined
  modelNames(): readonly string[]
  hasConsumer(name: string): boolean
  consumer(name: string): ConsumerState | undefined
  team(name: string): TeamState | undefined
}

/** Where the caller's token says none, its consumer's. */
export function teamOf(
  { team, consumer }: Pick<Caller, 'team' | 'consumer'>,
  catalog: Pick<Catalog, 'consumer'>,
): string | undefined {
  return team ?? catalog.consumer(consumer)?.team
}

export interface Model {
  readonly name: string
  readonly owner: string
  readonly description: string | undefined
  readonly defaultMajor: number
  readonly contracts: ReadonlyMap<number, Contract>
  readonly limits: Limits | undefined
}

export interface Contract {
  readonly model: string
  readonly major: number
  readonly task: TaskName
  readonly description: string | undefined
  readonly streams: boolean
  /** The highest revision that every version with traffic implements. */
  readonly publishedRevision: number
  readonly published: ContractRevision
  readonly examples: readonly ContractExample[]
  readonly limits: ContractLimits
  readonly deprecated: Deprecation | undefined
  readonly versions: ReadonlyMap<string, Version>
  readonly split: readonly Share[]
  readonly fallback: readonly Version[]
  readonly hedge: Hedge | undefined
  readonly cache: CachePolicy | undefined
  readonly rules?: readonly CompiledRule[] | undefined
  readonly shadow?: CompiledShadow | undefined
  readonly judges?: Readonly<Record<string, Judge>> | undefined
  readonly drift?: DriftPolicy | undefined
  readonly capture?: CapturePolicy | undefined
  /** Some observer may want its calls: any of the four above is declared. */
  readonly observed?: boolean
  /** One that runs or is paused; then `split` is how it splits the units that are enrolled. */
  readonly experiment?: (RunningExperiment & { readonly control: Version }) | undefined
  /** Compiled on first use from the published revision. */
  readonly check: ContractCheck
}

export interface Version {
  readonly id: string
  readonly contract: Contract
  readonly state: VersionState
  /** The tensor signature of the contract revision it implements. */
  readonly tensors: TensorSignature | undefined
}

/** "spam@v1/1.1": the name of a version among all. */
export function versionKey(model: string, major: number | string, id: string): string {
  return `${model}@v${major}/${id}`
}

export interface CompiledRule extends Omit<TrafficRule, 'version'> {
  readonly version: Version
}

export interface CompiledShadow extends Omit<Shadow, 'version'> {
  readonly version: Version
}

/** One version's part of the traffic. */
export interface Share {
  readonly version: Version
  /** In (0, 1]; the shares of a contract add up to 1. */
  readonly share: number
  /** Upper end of its part of [0, 1). */
  readonly upTo: number
  /** It was that of an arm which has left an experiment: `version` is the control, and whoever falls here takes part no more. */
  readonly left?: true
}

export interface ContractCheck {
  /** Violations of the input schema with JSON Pointers below `path`; undefined when it fits. */
  input(value: unknown, path: string): readonly Violation[] | undefined
  /** Takes undeclared fields out of `value` in place, then checks it. */
  output(value: unknown): readonly Violation[] | undefined
  chunk(value: unknown): readonly Violation[] | undefined
}
