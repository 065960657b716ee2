import type { Catalog, Contract, ContractCheck, Model, Share, Version } from '../../kernel/catalog.ts'
import type { ContractState, ModelState } from '../../kernel/catalog-state.ts'
import type { Clock } from '../../kernel/clock.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { compileCheck } from '../../kernel/schema/validator.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { coverageOf, enrolledShares, firstShares, type Holder, holdersOf } from './held-traffic.ts'

/**
 * The stored state as the journey uses it. Nothing is built before it is asked for: models at their first look-up, validators at
 * the first value they check, so that a thousand models neither slow the start nor delay a call.
 */
export function buildCatalog({ revision, state }: StoredCatalog, clock: Clock): Catalog {
  const names = Object.keys(state.models).sort()
  const built = new Map<string, Model>()
  const holders = holdersOf(state)
  return {
    revision,
    activatedAt: clock.now(),
    state,
    modelNames: () => names,
    hasConsumer: (name) => Object.hasOwn(state.consumers, name),
    consumer: (name) => ownEntry(state.consumers, name),
    team: (name) => state.teams && ownEntry(state.teams, name),
    model(name) {
      const known = built.get(name)
      if (known) return known
      const modelState = ownEntry(state.models, name)
      if (!modelState) return undefined
      const model = buildModel(name, modelState, holders)
      built.set(name, model)
      return model
    },
  }
}

function buildModel(name: string, state: ModelState, holders: Holders): Model {
  const { owner, description, defaultMajor, contracts, limits } = state
  const majors = Object.keys(contracts).map(Number)
  return {
    name,
    owner,
    description,
    defaultMajor,
    contracts: new Map(
      majors
        .sort((a, b) => a - b)
        .map((major) => [major, buildContract(name, major, contracts[major] as ContractState, holders)]),
    ),
    limits,
  }
}

type Holders = ReturnType<typeof holdersOf>

/** What is filled in once its versions are known. */
type Late = { -readonly [Field in 'rules' | 'shadow' | 'experiment']: Contract[Field] }

function buildContract(model: string, major: number, state: ContractState, holders: Holders): Contract {
  const publishedRevision = publishedOf(state)
  const published = revisionOf(state, publishedRevision)
  const versions = new Map<string, Version>()
  const split: Share[] = []
  const fallback: Version[] = []
  let check: ContractCheck | undefined
  const contract: Omit<Contract, keyof Late> & Late = {
    model,
    major,
    task: state.task,
    description: state.description,
    // Where a version with traffic is of a revision that does not stream yet, the contract does not either.
    streams: published.chunk !== undefined,
    publishedRevision,
    published,
    examples: state.examples,
    limits: state.limits,
    deprecated: state.deprecated,
    versions,
    split,
    fallback,
    hedge: state.hedge,
    cache: state.cache,
    judges: state.judges,
    drift: state.drift,
    capture: state.capture,
    observed: [state.shadow, state.judges, state.drift, state.capture].some((policy) => policy !== undefined),
    rules: undefined,
    shadow: undefined,
    experiment: undefined,
    get check() {
      check ??= compileCheck(published)
      return check
    },
  }
  for (const [id, version] of Object.entries(state.versions)) {
    versions.set(id, { id, contract, state: version, tensors: revisionOf(state, version.revision).tensors })
  }
  const holder = holders.get(contractName(model, major))
  split.push(...(holder ? armsOf(holder, versions) : sharesOf(state.weights, versions)))
  fallback.push(...(state.fallback ?? []).flatMap((id) => versions.get(id) ?? []))
  contract.rules = state.rules?.flatMap((rule) => {
    const version = versions.get(rule.version)
    return version ? [{ ...rule, version }] : []
  })
  const shadowed = state.shadow && versions.get(state.shadow.version)
  contract.shadow = shadowed && state.shadow && { ...state.shadow, version: shadowed }
  contract.experiment = holder && runningOf(holder, versions)
  return contract
}

function runningOf({ name, experiment }: Holder, versions: ReadonlyMap<string, Version>): Contract['experiment'] {
  const { progress, cached = false, attributionMs } = experiment
  const control = controlOf({ name, experiment }, versions)
  return {
    name,
    ...(progress.startedAt === undefined ? {} : { startedAt: progress.startedAt }),
    epoch: progress.epochs.at(-1)?.number ?? 1,
    coverage: coverageOf(experiment),
    paused: progress.status === 'paused',
    cached,
    attributionMs,
    control,
  }
}

function controlOf({ name, experiment }: Holder, versions: ReadonlyMap<string, Version>): Version {
  const control = versions.get(experiment.control)
  if (!control) throw new RangeError(`the catalog has no version ${experiment.control}, the control of "${name}"`)
  return control
}

/** Cut as it was at first: who leaves moves nobody else's units. Shares that follow the evidence are cut anew in each epoch. */
function armsOf(holder: Holder, versions: ReadonlyMap<string, Version>): readonly Share[] {
  const control = controlOf(holder, versions)
  const present = enrolledShares(holder.experiment)
  if (holder.experiment.allocation) return sharesOf(present, versions)
  return sharesOf(firstShares(holder.experiment), versions).map((part) => {
    const share = ownEntry(present, part.version.id)
    return share === undefined ? { ...part, version: control, left: true } : { ...part, share }
  })
}

/**
 * The highest revision that every version with traffic implements, those that rules choose or that are fallen back on too; the latest where
 * none has any.
 */
export function publishedOf({ versions, weights, fallback = [], rules = [], revisions }: ContractState): number {
  const ruled = rules.map(({ version }) => version)
  const served = [...Object.keys(weights), ...ruled, ...fallback].flatMap(
    (id) => ownEntry(versions, id)?.revision ?? [],
  )
  return Math.min(revisions.length, ...served)
}

function revisionOf({ revisions }: ContractState, revision: number) {
  const found = revisions[revision - 1]
  if (!found) throw new RangeError(`the catalog names contract revision ${revision} of ${revisions.length}`)
  return found
}

/** In the order of the ids, so that every gateway cuts [0, 1) alike. The last share ends at 1 exactly, whatever the rounding. */
function sharesOf(weights: ContractState['weights'], versions: ReadonlyMap<string, Version>): readonly Share[] {
  const parts = Object.entries(weights)
    .filter(([id, weight]) => weight > 0 && versions.has(id))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0)
  let sum = 0
  return parts.map(([id, weight], i) => {
    sum += weight
    return {
      version: versions.get(id) as Version,
      share: weight / total,
      upTo: i === parts.length - 1 ? 1 : sum / total,
    }
  })
}
