import type { Static } from 'typebox'
import type { Caller } from '../../kernel/caller.ts'
import type { Contract } from '../../kernel/catalog.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { currentVersion } from '../../kernel/current-version.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import {
  boundFault,
  type EvaluationCase,
  type EvaluationRun,
  evaluationMeasures,
  isMeasure,
  type Requirements,
} from '../../kernel/evaluation.ts'
import { didYouMean, nearest } from '../../kernel/schema/nearest.ts'
import { deployedContract, deployedVersion } from '../catalog/deployed.ts'
import { faultsOfCases } from '../evaluations/check-cases.ts'
import type { Wanted } from '../evaluations/evaluations.ts'
import { replayCases } from '../evaluations/replay-cases.ts'
import { casesText } from '../evaluations/verdict.ts'
import { sampleCases } from '../sets/sample-cases.ts'
import { mayReadSet, modelFor, setForbidden } from './bound-models.ts'
import type { wantedEvaluation } from './evaluation-schemas.ts'
import { momentOf } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { isoTime } from './schemas.ts'

type Asked = Static<typeof wantedEvaluation>
type Ports = Pick<OperationPorts, 'catalogControl' | 'sets' | 'payloads' | 'clock'>

/** What was asked for, with all names looked up and all cases at hand. */
export async function wantedOf(asked: Asked, caller: Caller, ports: Ports): Promise<Wanted> {
  const contract = contractOf(asked, caller, ports)
  const require = requirementsOf(asked)
  const against = againstOf(asked, contract)
  const found = await casesOf(asked, contract, caller, ports)
  const cases = await sampleCases(found.cases, asked.sample)
  // What was captured was held against the contract already.
  const violations = found.kind === 'replay' ? [] : await faultsOfCases(cases, contract)
  if (violations.length > 0) throw misfits(violations)
  const { model, major } = contract
  const sampled = cases.length < (found.seen ?? found.cases.length) ? `${cases.length} of ` : ''
  return {
    ...{ by: caller.keyId, model, major, version: asked.version, require, cases, kind: found.kind, notes: found.notes },
    source: sampled + found.source,
    ...(asked.set === undefined ? {} : { set: asked.set }),
    ...(against === undefined ? {} : { against }),
    ...(asked.concurrency === undefined ? {} : { concurrency: asked.concurrency }),
  }
}

function contractOf(asked: Asked, caller: Caller, { catalogControl }: Ports): Contract {
  const { model: name, major, version, against, replay } = asked
  const catalog = catalogControl.current()
  const model = modelFor(caller, name, catalog)
  const number = major === undefined ? model.defaultMajor : Number(major.slice(1))
  const state = deployedContract(catalog.state, name, number)
  const other = against === 'current' ? undefined : against
  for (const id of [version, other, replay?.version]) {
    if (id !== undefined) deployedVersion(state, contractName(name, number), id)
  }
  const contract = model.contracts.get(number)
  if (contract === undefined) throw new AstraError('unknown_major', { detail: `${name} has no v${number}` })
  return contract
}

function requirementsOf({ require = {}, against }: Asked): Requirements {
  const known = Object.keys(evaluationMeasures)
  const violations = Object.entries(require).flatMap(([measure, bounds]): Violation[] => {
    const path = `/require/${measure}`
    if (!isMeasure(measure)) {
      const { suggestion = `There are ${known.join(', ')}.` } = didYouMean(measure, known)
      return [{ path, message: `There is no measure "${measure.slice(0, 64)}"`, suggestion }]
    }
    if (bounds.drop !== undefined && against === undefined) {
      const suggestion = 'Name another version (against), or "current".'
      return [{ path: `${path}/drop`, message: 'has no other version to be held against', suggestion }]
    }
    const sides = Object.entries(bounds)
    if (sides.length === 0) return [{ path, message: 'needs one of min, max and drop' }]
    return sides.flatMap(([side, value]) => {
      const message = boundFault(measure, value)
      return message === undefined ? [] : [{ path: `${path}/${side}`, message }]
    })
  })
  const [first] = violations
  if (first) throw new AstraError('invalid_input', { detail: `${first.path} ${first.message}`, violations })
  return require
}

function againstOf({ against, version, replay }: Asked, contract: Contract): string | undefined {
  if (against === undefined) return undefined
  if (replay) {
    throw new AstraError('invalid_input', {
      detail: 'A replay is held against what was answered then',
      next: 'Leave out "against"; "replay": {"version"} says whose answers.',
    })
  }
  const name = contractName(contract.model, contract.major)
  const id = against === 'current' ? currentVersion(contract)?.id : against
  if (id === undefined) throw new AstraError('no_traffic', { detail: `No version of ${name} has traffic` })
  if (id !== version) return id
  throw new AstraError('conflict', {
    detail: `${name} ${id} cannot be held against itself`,
    next: against === 'current' ? 'It is the one that serves now: name another version.' : 'Name another version.',
  })
}

interface Found {
  readonly kind: EvaluationRun['kind']
  readonly source: string
  readonly cases: readonly EvaluationCase[]
  /** Where these are a sample already: of how many. */
  readonly seen?: number
  readonly notes: readonly string[]
}

async function casesOf(asked: Asked, contract: Contract, caller: Caller, ports: Ports): Promise<Found> {
  const { catalogControl, sets, payloads, clock } = ports
  const { cases, set, replay } = asked
  if ([cases, set, replay].filter((one) => one !== undefined).length !== 1) {
    throw new AstraError('invalid_input', { detail: 'Exactly one of cases, set and replay says what is asked' })
  }
  if (replay) {
    const now = clock.now()
    const from = momentOf(replay.since, now, 'replay/since')
    const to = replay.until === undefined ? now : momentOf(replay.until, now, 'replay/until')
    const { version } = replay
    const filter = { from, to, ...(version === undefined ? {} : { version }) }
    const found = await replayCases(contract, filter, { payloads, clock }, asked.sample)
    const by = version === undefined ? '' : ` answered by ${version}`
    const source = `${found.seen} captured calls${by} from ${isoTime(from)} to ${isoTime(to)}`
    return { kind: 'replay', source, ...found }
  }
  if (set !== undefined) {
    const read = (await sets.cases(set)) ?? (await unknownSet(set, sets))
    if (!mayReadSet(read.set, caller, catalogControl.current())) throw setForbidden(set)
    return { kind: 'eval', source: `${casesText(read.cases.length)} of the set "${set}"`, cases: read.cases, notes: [] }
  }
  const given = (cases ?? []).map((one, place) => ({ ...one, id: one.id ?? String(place + 1) }))
  return { kind: 'eval', source: `${casesText(given.length)} of the request`, cases: given, notes: [] }
}

async function unknownSet(name: string, sets: Ports['sets']): Promise<never> {
  const meant = nearest(
    name,
    (await sets.list()).map((set) => set.name),
  )
  const next = meant === undefined ? {} : { next: `Did you mean "${meant}"?` }
  throw new AstraError('unknown_set', { detail: `There is no set "${name}"`, ...next })
}

function misfits(violations: readonly Violation[]): AstraError {
  const [first] = violations
  return new AstraError('invalid_input', {
    detail: `${first?.path} ${first?.message}`,
    next: 'Correct the places that are named; nothing was asked.',
    violations,
  })
}
