import type { Accumulator, ArmEvidence, CircuitCounts } from '@astraapi/statistics'
import type { Catalog } from '../../../kernel/catalog.ts'
import type { CatalogState } from '../../../kernel/catalog-state.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { EpochEvidence, ExperimentState } from '../../../kernel/experiment.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import { withExperiment } from '../../catalog/change-experiment.ts'
import { fakeCatalog, noon } from '../../operations/fake-catalog.ts'
import type { CatalogControl, ExperimentChange } from '../../operations/ports.ts'
import { requireRevision } from '../../operations/require-revision.ts'
import { ExperimentController } from '../controller.ts'
import type { MadeChange } from '../made-change.ts'

export const name = 'spam-1-1'
export const secondMs = 1000

interface Unit {
  readonly arm: string
  readonly at: number
  readonly right: boolean
}

/** What outlives a controller: the catalog, the store and the clock, all in memory; and what can go wrong with each. */
export class ExperimentWorld {
  now = noon
  revision = 7
  state: CatalogState
  readonly settings = new Map<string, string>()
  readonly units: Unit[] = []
  circuit: Record<string, CircuitCounts> = {}
  readonly made: MadeChange[] = []
  readonly advice: string[] = []
  readonly faults: string[] = []
  reads = 0
  /** Called before each read and each write; it may throw. */
  meddle: (what: 'evidence' | 'circuit' | 'setting' | 'saveSetting' | 'change') => void | Promise<void> = () => {}

  constructor(over: Partial<ExperimentState> & { readonly rule?: 'advise' | 'automatic' } = {}) {
    const { rule = 'automatic', ...rest } = over
    const draft = fakeCatalog.state.experiments?.[name]
    if (!draft) throw new Error('The fake catalog has lost its experiment')
    const plan = { ...draft.plan, rule, minimalDurationMs: 30 * secondMs, maximalDurationMs: 3600 * secondMs }
    const experiment = { ...draft, ramp: [{ coverage: 1 }], attributionMs: secondMs, plan, ...rest }
    this.state = { ...fakeCatalog.state, models: unretired(fakeCatalog.state), experiments: { [name]: experiment } }
    this.change({ action: 'start' }, 'key_7')
  }

  change(change: ExperimentChange, by = 'key_7'): void {
    this.state = withExperiment(this.state, name, change, { by, at: this.now })
    this.revision++
  }

  get experiment(): ExperimentState {
    const experiment = this.state.experiments?.[name]
    if (!experiment) throw new Error('It was removed')
    return experiment
  }

  get status(): string {
    return this.experiment.progress.status
  }

  catalog(): Catalog {
    return { ...fakeCatalog, revision: this.revision, state: this.state }
  }

  /** One begins, as after a restart: it knows nothing but what is kept. */
  controller(): ExperimentController {
    return new ExperimentController({
      clock: { now: () => this.now, elapsed: () => this.now },
      catalogControl: this.#catalogControl,
      reports: {
        evidence: async (_, __, frozenBy) => {
          this.reads++
          await this.meddle('evidence')
          return this.#evidence(frozenBy)
        },
        circuit: async () => {
          await this.meddle('circuit')
          return this.circuit
        },
        totals: async () => ({}),
        runs: async () => [],
      },
      settings: {
        setting: async (key) => {
          await this.meddle('setting')
          return this.settings.get(key)
        },
        saveSetting: async (key, value) => {
          await this.meddle('saveSetting')
          this.settings.set(key, value)
        },
      },
      everyMs: 10 * secondMs,
      changed: (made) => void this.made.push(made),
      advised: (_, text) => void this.advice.push(text),
      failed: (_, reason) => void this.faults.push(reason),
    })
  }

  /** Units of one call each, whose feedback is there at once. */
  add(arm: string, units: number, right: number): void {
    for (let i = 0; i < units; i++) this.units.push({ arm, at: this.now, right: i < right })
  }

  get #catalogControl(): Pick<CatalogControl, 'current' | 'changeExperiment'> {
    return {
      current: () => this.catalog(),
      changeExperiment: async (of, change, ifMatch, actor) => {
        await this.meddle('change')
        requireRevision(ifMatch, this.revision, 'The catalog')
        this.state = withExperiment(this.state, of, change, { by: actor, at: this.now })
        return { revision: ++this.revision, experiment: this.experiment }
      },
    }
  }

  #evidence(frozenBy: number): readonly EpochEvidence[] {
    const { attributionMs, progress, control, candidates } = this.experiment
    return progress.epochs.map(({ number, from }, i) => {
      const until = progress.epochs[i + 1]?.from ?? Number.POSITIVE_INFINITY
      const here = this.units.filter(({ at }) => at >= from && at < until)
      const arms = [control, ...candidates].map((arm) => {
        const all = here.filter((unit) => unit.arm === arm)
        return [
          arm,
          evidenceOf(
            all,
            all.filter(({ at }) => at + attributionMs <= frozenBy),
          ),
        ] as const
      })
      return { epoch: number, arms: Object.fromEntries(arms) }
    })
  }
}

/** All of its versions may be arms. */
function unretired({ models }: CatalogState): CatalogState['models'] {
  const [model, contract] = [models.spam, models.spam?.contracts['1']]
  const version = contract?.versions['1.0']
  if (!model || !contract || !version) throw new Error('The fake catalog has lost its model')
  const versions = { ...contract.versions, '0.9': version }
  return { ...models, spam: { ...model, contracts: { '1': { ...contract, versions } } } }
}

function evidenceOf(all: readonly Unit[], frozen: readonly Unit[]): ArmEvidence {
  const n = frozen.length
  const mean = n === 0 ? 0 : frozen.filter(({ right }) => right).length / n
  const correct: Accumulator = { type: 'mean', moments: { n, mean, m2: n * mean * (1 - mean) } }
  return { assigned: all.length, withFeedback: all.length, metrics: { correct } }
}

/** A call of a unit that takes part, as far as a controller looks at it. */
export function callOf(arm: string, code?: CallRecord['code']): CallRecord {
  const enrolment = { experiment: name, epoch: 1, arm, unit: 'u', attributionMs: secondMs }
  const attempt = {
    role: 'serve',
    version: arm,
    replica: 'a',
    atMs: 0,
    durationMs: 1,
    code,
    reason: undefined,
  } as const
  // The rest of a Record is nothing to a controller.
  return {
    enrolment,
    code,
    versionServed: code === undefined ? arm : undefined,
    attempts: [attempt],
  } as unknown as CallRecord
}

export const storeDown = (): never => {
  throw new AstraError('store_unavailable', { reason: 'the disk is full' })
}
