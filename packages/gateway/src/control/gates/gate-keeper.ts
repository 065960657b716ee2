import type { CaseSetStore, CaseSets, GatePass } from '../../kernel/case-set.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { BoundOutcome, CheckBounds, Evaluate, EvaluationReport } from '../../kernel/evaluation.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { contractName } from '../catalog/held-traffic.ts'
import { faultsOfCases } from '../evaluations/check-cases.ts'
import type { FaultAt } from '../manifest/manifest.ts'
import type { GateRun } from './gate-runs.ts'
import { askedText, unfinishedText, unfitText, worstText } from './gate-words.ts'
import { withIncumbent } from './incumbent.ts'
import { sampleCases } from './sample-cases.ts'

export interface GatePorts {
  readonly sets: CaseSets
  readonly store: Pick<CaseSetStore, 'passes' | 'savePass'>
  readonly evaluate: Evaluate
  readonly checkBounds: CheckBounds
  readonly clock: Clock
  readonly log: (message: string, facts: Readonly<Record<string, unknown>>) => void
  /** All gates of one apply together may take so long. Default 10 minutes. */
  readonly withinMs?: number
}

/** A gate, and when it was passed, where it was. */
export interface GateStanding extends GateRun {
  readonly pass?: GatePass
}

/** What is about to be deployed. */
export interface Candidate {
  readonly next: Pick<StoredCatalog, 'state' | 'digests'>
  /** Of the catalog that is active meanwhile. */
  readonly revision: number
  readonly faultAt: FaultAt
  /** Aborted: nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined
}

export interface GateKeeper {
  /** Nothing is asked. */
  standing(runs: readonly GateRun[]): Promise<readonly GateStanding[]>
  /** Runs those that are not passed. Rejects with `gate_failed`, naming every bound that was not met. */
  pass(runs: readonly GateRun[], candidate: Candidate): Promise<void>
}

const withinMsDefault = 600_000
const concurrency = 8

export function createGateKeeper(ports: GatePorts): GateKeeper {
  const standing = async (runs: readonly GateRun[]): Promise<readonly GateStanding[]> => {
    if (runs.length === 0) return []
    const passes = new Map((await ports.store.passes(runs.map(({ key }) => key))).map((pass) => [pass.key, pass]))
    return runs.map((run) => {
      const pass = passes.get(run.key)
      return pass ? { ...run, pass } : run
    })
  }
  return {
    standing,
    async pass(runs, candidate) {
      const due = (await standing(runs)).filter(({ pass }) => !pass)
      const limit = AbortSignal.timeout(ports.withinMs ?? withinMsDefault)
      const signal = candidate.signal ? AbortSignal.any([limit, candidate.signal]) : limit
      const violations: Violation[] = []
      // One after the other: so each version is measured as it will be, and not beside another's load.
      for (const run of due) violations.push(...(await runGate(run, candidate, signal, ports)))
      if (violations.length > 0) throw failed(violations)
    },
  }
}

/** What was not met; what was, is kept. */
async function runGate(
  run: GateRun,
  candidate: Candidate,
  signal: AbortSignal,
  ports: GatePorts,
): Promise<readonly Violation[]> {
  const { model, major, version, gate } = run
  const place = ['models', model, 'contracts', `v${major}`, 'gates', String(run.index)]
  const at = (keys: readonly string[], message: string, next?: string) =>
    candidate.faultAt([...place, ...keys], `${version} did not pass: ${message}`, next)
  const read = await ports.sets.cases(gate.data)
  // Of another content by now: what would be measured is not what was planned.
  if (read?.set.digest !== run.set.digest) throw changedMeanwhile(gate.data)

  const cases = sampleCases(read.cases, gate.cases)
  const { revision, next } = candidate
  const catalog = buildCatalog({ revision, time: ports.clock.now(), ...withIncumbent(next, run) }, ports.clock)
  const contract = catalog.model(model)?.contracts.get(major)
  const [unfit] = contract ? await faultsOfCases(cases, contract) : []
  if (unfit) return [at(['data'], unfitText(unfit, cases), unfit.suggestion)]
  const report = await ports.evaluate({
    ...{ id: ports.clock.id(), kind: 'eval', model, major, version, catalog, signal, concurrency },
    ...(run.incumbent ? { against: run.incumbent.version } : {}),
    cases,
  })
  const told = { contract: contractName(model, major), version, data: gate.data }
  if (report.partial !== undefined) {
    if (report.partial === 'stopping') throw new AstraError('stopping')
    if (candidate.signal?.aborted) throw new AstraError('cancelled')
    ports.log('a gate could not be decided', { ...told, why: report.partial })
    const { message, next } = unfinishedText(report, report.partial, ports.withinMs ?? withinMsDefault)
    return [at([], message, next)]
  }
  const outcomes = boundsHeld(run, report, ports.checkBounds)
  const missed = outcomes.filter(({ outcome }) => outcome === 'failed')
  const words = outcomes.map(({ words }) => words).join('; ')
  ports.log(missed.length > 0 ? 'a version did not pass a gate' : 'a version passed a gate', { ...told, words })
  if (missed.length === 0) await ports.store.savePass({ key: run.key, time: ports.clock.now(), words })
  return missed.map(({ measure, words }, i) => {
    return at(
      ['require', measure],
      `${words} (${askedText(report, gate.data)})`,
      i === 0 ? worstText(report) : undefined,
    )
  })
}

/** Without another version there is nothing to agree with, as there is nothing to be worse than. */
function boundsHeld({ gate }: GateRun, report: EvaluationReport, checkBounds: CheckBounds): readonly BoundOutcome[] {
  return checkBounds(gate.require, report).map((one) => {
    if (report.against || one.measure !== 'agreement' || one.outcome !== 'failed') return one
    return { ...one, outcome: 'skipped', words: 'agreement has no other version to be held against' }
  })
}

export function changedMeanwhile(data: string): AstraError {
  return new AstraError('conflict', {
    detail: `The set "${data}", or what its gate is about, was changed while gates were run`,
    next: 'Look at the plan, then apply again: gates that were passed are not run again.',
  })
}

function failed(violations: readonly Violation[]): AstraError {
  const [first] = violations
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : ''
  return new AstraError('gate_failed', {
    ...(first ? { detail: `${first.path}: ${first.message}${more}` } : {}),
    violations,
  })
}
