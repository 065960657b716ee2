import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '../../kernel/backend.ts'
import type { CaseSet, CaseSets } from '../../kernel/case-set.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { CatalogState, VersionState } from '../../kernel/catalog-state.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { StateStore, StoredCatalog } from '../../kernel/store.ts'
import { changedMeanwhile, type GateKeeper, type GateStanding } from '../gates/gate-keeper.ts'
import { type GateRun, hasGates, mayHaveGates } from '../gates/gate-runs.ts'
import { inLine } from '../gates/in-line.ts'
import { plannedGate } from '../gates/planned-gate.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import type {
  Applied,
  CatalogControl,
  ExperimentSet,
  Fault,
  GateFile,
  IfMatch,
  PlanResult,
  ReplicasSet,
  TrafficSet,
} from '../operations/ports.ts'
import { requireRevision } from '../operations/require-revision.ts'
import { requireWanted } from '../operations/require-wanted.ts'
import { changesBetween } from '../plan/changes.ts'
import {
  type Declaring,
  withNewExperiment,
  withoutExperiment,
  withUpdatedExperiment,
} from '../plan/declare-experiment.ts'
import { type Describe, type Plan, type PlanPorts, planManifest, refusedPlan } from '../plan/plan-manifest.ts'
import type { ReplicaNames } from '../replicas/replica-names.ts'
import { buildCatalog } from './build-catalog.ts'
import { experimentIn, withExperiment } from './change-experiment.ts'
import { type ReplicasChange, withoutReplica, withReplica } from './change-replicas.ts'
import { withTraffic } from './change-traffic.ts'
import { completed } from './completed.ts'
import { withIncumbent } from './with-incumbent.ts'

export interface CatalogControlPorts {
  readonly store: StateStore
  readonly backends: ReadonlyMap<string, Backend>
  /** What replicas' names stand for. */
  readonly names: Pick<ReplicaNames, 'expand' | 'known'>
  readonly clock: Clock
  readonly describe: Describe
  /** Cases that gates name. */
  readonly sets?: Pick<CaseSets, 'list'>
  readonly gates?: GateKeeper
  /** Throws where nobody serves a version that stood before, and that an experiment is to begin with. */
  readonly requireServed?: (experiment: string, place: VersionPlace, state: VersionState) => void
  /** This catalog is active from now on; not called for the one that was stored. */
  readonly activated?: (catalog: Catalog) => void
  /** A change was activated. */
  readonly log: (message: string, facts: Readonly<Record<string, unknown>>) => void
}

interface VersionPlace {
  readonly model: string
  readonly major: number
  readonly version: string
}

/** How long upstreams may take to load and describe what a manifest names. */
const inspectMs = 60_000

/** Who applies the manifest that a gateway starts with. */
const startActor = 'start'

const empty: StoredCatalog = { revision: 0, time: 0, state: { models: {}, consumers: {} }, digests: {} }

/**
 * Holds the active catalog and carries changes out: plan (which makes new versions ready upstream), store, activate. The
 * catalog is replaced as a whole between two calls; a call that has begun goes on with the one it saw. Changes queue up.
 */
export async function createCatalogControl(ports: CatalogControlPorts): Promise<CatalogControl> {
  let stored = completed((await ports.store.catalog()) ?? empty)
  let active: Catalog = buildCatalog(stored, ports.clock)
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }

  const atGates = inLine()

  const planOf = async (
    yaml: string,
    shown: Pick<PlanPorts, 'describe' | 'actor'>,
    files: readonly GateFile[] = [],
  ): Promise<Plan> => {
    const read = readManifest(yaml)
    if ('faults' in read) {
      return refusedPlan(
        stored.revision,
        read.faults.map((fault) => ({ code: 'invalid_manifest', ...fault })),
      )
    }
    return await planManifest({
      ...read,
      clock: ports.clock,
      current: stored,
      backends: ports.backends,
      expand: ports.names.expand,
      // Of one name the last counts.
      sets: hasGates(read.manifest) ? [...((await ports.sets?.list()) ?? []), ...files.map(asSet)] : [],
      ...shown,
      signal: AbortSignal.timeout(inspectMs),
    })
  }

  const beginning = ({ experiments = {} }: CatalogState) =>
    Object.entries(experiments).filter(([name, { progress }]) => {
      const before = ownEntry(stored.state.experiments ?? {}, name)?.progress
      return progress.startedAt !== undefined && before?.startedAt === undefined
    })

  /** What the plan did not ask just now, since it stood before. */
  const requireServed = (state: CatalogState) => {
    for (const [name, { model, major, control, candidates }] of beginning(state)) {
      for (const version of [control, ...candidates]) {
        const [before, after] = [stored.state, state].map(
          ({ models }) => ownEntry(models, model)?.contracts[major]?.versions[version],
        )
        const stood = before && after && isDeepStrictEqual(before.replicas, after.replicas)
        if (stood) ports.requireServed?.(name, { model, major, version }, after)
      }
    }
  }

  const activate = async (state: CatalogState, digests: StoredCatalog['digests'], actor: string) => {
    const next: StoredCatalog = { revision: stored.revision + 1, time: ports.clock.now(), state, digests }
    await ports.store.saveCatalog(next)
    stored = next
    active = buildCatalog(next, ports.clock)
    ports.log('catalog activated', { revision: next.revision, actor })
    ports.activated?.(active)
    return next.revision
  }

  /** Beside the changes of others, as it may take minutes: what it was about is looked at again when it comes to the change. */
  const passGates = async (yaml: string, ifMatch: IfMatch, actor: string, signal: AbortSignal | undefined) => {
    const read = readManifest(yaml)
    if ('faults' in read || !mayHaveGates(read.manifest, stored.state)) return
    await atGates(async () => {
      requireWanted(signal)
      requireRevision(ifMatch, stored.revision, 'The catalog')
      const { next, faults, gates } = await planOf(yaml, { actor })
      if (!next) throw refusal(faults)
      const { revision } = stored
      const catalogOf = (run: GateRun) =>
        buildCatalog({ revision, time: ports.clock.now(), ...withIncumbent(next, run) }, ports.clock)
      await ports.gates?.pass(gates, { catalogOf, faultAt: read.faultAt, by: actor, signal })
    })
  }

  const changeReplicas = (ifMatch: IfMatch, actor: string, change: () => ReplicasChange | Promise<ReplicasChange>) =>
    inTurn(async (): Promise<ReplicasSet> => {
      requireRevision(ifMatch, stored.revision, 'The catalog')
      const { state, replicas } = await change()
      const revision = state === stored.state ? stored.revision : await activate(state, stored.digests, actor)
      return { revision, replicas }
    })

  const declaring = (
    name: string,
    ifMatch: IfMatch,
    actor: string,
    change: (by: Declaring) => Pick<StoredCatalog, 'state' | 'digests'>,
  ) =>
    inTurn(async (): Promise<ExperimentSet> => {
      requireRevision(ifMatch, stored.revision, 'The catalog')
      const { state, digests } = change({ backends: ports.backends, at: ports.clock.now(), by: actor })
      const same = changesBetween(stored.state, state).length === 0
      const revision = same ? stored.revision : await activate(state, digests, actor)
      return { revision, experiment: experimentIn(state, name) }
    })

  return {
    current: () => active,
    export: () => writeManifest(stored.state),
    async plan(yaml, _file, files): Promise<PlanResult> {
      const { next, gates, ...plan } = await planOf(yaml, { describe: ports.describe }, files)
      const standing = (await ports.gates?.standing(gates)) ?? []
      return { ...plan, gates: standing.map(plannedGate), valid: next !== undefined }
    },
    async apply(yaml, _file, ifMatch, actor, signal): Promise<Applied> {
      await passGates(yaml, ifMatch, actor, signal)
      return await inTurn(async () => {
        requireWanted(signal)
        requireRevision(ifMatch, stored.revision, 'The catalog')
        const { next, faults, changes, notes, gates } = await planOf(yaml, { actor })
        if (!next) throw refusal(faults)
        const passed: readonly GateStanding[] = (await ports.gates?.standing(gates)) ?? gates
        const due = passed.find(({ result }) => !result?.passed)
        if (due) throw changedMeanwhile(due.gate.data)
        // Between the last look and the change nothing waits but the store.
        requireWanted(signal)
        // At a start replicas were not all looked at yet.
        if (actor !== startActor) requireServed(next.state)
        // The first one counts even when it is empty: from then on there is a manifest.
        const same = changes.length === 0 && stored.revision > 0
        const revision = same ? stored.revision : await activate(next.state, next.digests, actor)
        // A start with this very file has nothing to apply then.
        await ports.store.saveSetting('manifest-applied', hash('sha256', yaml))
        return { revision, changes, notes, gates: passed.map(plannedGate) }
      })
    },
    setTraffic: (model, major, change, ifMatch, actor): Promise<TrafficSet> =>
      inTurn(async () => {
        requireRevision(ifMatch, stored.revision, 'The catalog')
        const next = withTraffic(stored.state, model, major, change)
        const same = changesBetween(stored.state, next.state).length === 0
        const revision = same ? stored.revision : await activate(next.state, stored.digests, actor)
        return { revision, ...next.traffic }
      }),
    changeExperiment: (name, change, ifMatch, actor): Promise<ExperimentSet> =>
      inTurn(async () => {
        requireRevision(ifMatch, stored.revision, 'The catalog')
        const next = withExperiment(stored.state, name, change, { by: actor, at: ports.clock.now() })
        const revision = await activate(next, stored.digests, actor)
        return { revision, experiment: experimentIn(next, name) }
      }),
    createExperiment: (name, declared, ifMatch, actor) =>
      declaring(name, ifMatch, actor, (by) => withNewExperiment(stored, name, declared, by)),
    updateExperiment: (name, change, ifMatch, actor) =>
      declaring(name, ifMatch, actor, (by) => withUpdatedExperiment(stored, name, change, by)),
    deleteExperiment: (name, ifMatch, actor) =>
      inTurn(async () => {
        requireRevision(ifMatch, stored.revision, 'The catalog')
        const { state, digests } = withoutExperiment(stored, name)
        return await activate(state, digests, actor)
      }),
    addReplica: (place, ifMatch, actor) =>
      changeReplicas(ifMatch, actor, () =>
        withReplica(stored.state, place, ports.backends, ports.names, AbortSignal.timeout(inspectMs)),
      ),
    removeReplica: (place, ifMatch, actor) =>
      changeReplicas(ifMatch, actor, () => withoutReplica(stored.state, place, ports.names)),
  }
}

/** Of a file that was not put nothing else is known, and nothing else is asked. */
function asSet(file: GateFile): CaseSet {
  return { ...file, bytes: 0, time: 0, by: 'plan' }
}

/** The gravest fault names the refusal; each place is in the list. */
function refusal(faults: readonly Fault[]): AstraError {
  const gravity: readonly ErrorCode[] = ['invalid_manifest', 'version_changed', 'breaking_change', 'conflict']
  const code = gravity.find((known) => faults.some((fault) => fault.code === known)) ?? 'invalid_manifest'
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return new AstraError(code, {
    ...(first ? { detail: `${first.path || 'manifest'}: ${first.message}${more}` } : {}),
    violations: faults.map(({ code: _, ...violation }) => violation),
  })
}
