import type { CaseSetStore, CaseSets, GateResult } from '../../kernel/case-set.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { AstraError, operatorReason, toAstraError, type Violation } from '../../kernel/errors.ts'
import type { BoundOutcome, Evaluate, Evaluation, EvaluationReport, EvaluationStore } from '../../kernel/evaluation.ts'
import { checkBounds, othersFailures } from '../evaluations/bounds.ts'
import { faultsOfCases } from '../evaluations/check-cases.ts'
import type { FaultAt } from '../manifest/manifest.ts'
import { requireWanted } from '../operations/require-wanted.ts'
import { sampleCases } from '../sets/sample-cases.ts'
import { gateEvaluation } from './gate-evaluation.ts'
import type { GateRun } from './gate-runs.ts'
import { askedText, boundText, missedText, unfinishedText, unfitText, worstText } from './gate-words.ts'

export interface GatePorts {
  readonly sets: CaseSets
  readonly store: Pick<CaseSetStore, 'gateResults' | 'saveGateResult'>
  readonly evaluate: Evaluate
  /** What gates came to is kept as evaluations are. */
  readonly evaluations: Pick<EvaluationStore, 'save'>
  readonly clock: Clock
  readonly log: (message: string, facts: Readonly<Record<string, unknown>>) => void
  /** All gates of one apply together may take so long. Default 10 minutes. */
  readonly withinMs?: number
}

/** A gate, and what came of it last, where it was run. */
export interface GateStanding extends GateRun {
  readonly result?: GateResult
}

/** What is about to be deployed. */
export interface Candidate {
  /** It would be deployed by this catalog, in which the version that it is held against can still be asked. */
  readonly catalogOf: (run: GateRun) => Catalog
  readonly faultAt: FaultAt
  /** Id of the key that applies it. */
  readonly by: string
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
    const found = await ports.store.gateResults(runs.map(({ key }) => key))
    const results = new Map(found.map((result) => [result.key, result]))
    return runs.map((run) => {
      const result = results.get(run.key)
      return result ? { ...run, result } : run
    })
  }
  return {
    standing,
    async pass(runs, candidate) {
      const due = (await standing(runs)).filter(({ result }) => !result?.passed)
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
  run: GateStanding,
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

  const cases = await sampleCases(read.cases, gate.cases)
  const catalog = candidate.catalogOf(run)
  const contract = catalog.model(model)?.contracts.get(major)
  const [unfit] = contract ? await faultsOfCases(cases, contract) : []
  if (unfit) return [at(['data'], unfitText(unfit, cases), unfit.suggestion)]
  const id = ports.clock.id()
  const report = await ports.evaluate({
    ...{ id, kind: 'eval', model, major, version, catalog, signal, concurrency },
    ...(run.incumbent ? { against: run.incumbent.id } : {}),
    cases,
  })
  const misses = run.result?.misses ?? 0
  const told = { contract: contractName(model, major), version, data: gate.data, missedBefore: misses, evaluation: id }
  if (report.partial === 'stopping') throw new AstraError('stopping')
  requireWanted(candidate.signal)
  const outcomes = boundsHeld(run, report)
  const kept = await keep(
    gateEvaluation(run, { id, time: ports.clock.now(), by: candidate.by, report, bounds: outcomes }),
    ports,
  )
  if (report.partial !== undefined) {
    ports.log('a gate could not be decided', { ...told, why: report.partial })
    const { message, next } = unfinishedText(report, report.partial, ports.withinMs ?? withinMsDefault)
    return [at([], message, next)]
  }
  const missed = outcomes.filter(({ outcome }) => outcome === 'failed')
  const passed = missed.length === 0
  const words = outcomes.map((one) => boundText(one, report)).join('; ')
  const undecided = !passed && missed.every(({ bound }) => bound === 'drop') && othersFailures(report) !== undefined
  if (undecided) ports.log('a gate could not be decided', { ...told, why: words })
  else {
    ports.log(passed ? 'a version passed a gate' : 'a version did not pass a gate', { ...told, words })
    await ports.store.saveGateResult({ key: run.key, time: ports.clock.now(), passed, words })
  }
  return missed.map((one, i) => {
    const message = boundText(one, report, [askedText(report, gate.data), ...missedText(misses)])
    return at(['require', one.measure], message, i === 0 ? worstText(report, kept) : undefined)
  })
}

/** Its id. Where it cannot be written the gate is decided all the same, and nobody is sent to look for it. */
async function keep(evaluation: Evaluation, { evaluations, log }: GatePorts): Promise<string | undefined> {
  try {
    await evaluations.save(evaluation)
    return evaluation.id
  } catch (thrown) {
    log("a gate's report was not kept", { evaluation: evaluation.id, reason: operatorReason(toAstraError(thrown)) })
    return undefined
  }
}

/** Without another version there is nothing to agree with, as there is nothing to be worse than. */
function boundsHeld({ gate }: GateRun, report: EvaluationReport): readonly BoundOutcome[] {
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
