import { isDeepStrictEqual } from 'node:util'
import { contractName } from '../../kernel/contract-name.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { statusWords } from '../catalog/change-experiment.ts'
import { isOver } from '../catalog/held-traffic.ts'
import { experimentOut, type ManifestExperiment } from '../manifest/experiment.ts'
import type { DraftContract } from './plan-contract.ts'
import type { Report } from './report.ts'

export function stopFirst(name: string): string {
  return `Stop it first (astraapi experiments stop ${name})`
}

interface Arms {
  readonly declared: ManifestExperiment
  readonly control: string
  readonly draft: DraftContract
  /** As it began, where it did. */
  readonly settled: ExperimentState | undefined
}

/** Whether its arms are live versions. Of what is over they may have gone. */
export function checkArms(name: string, { declared, control, draft, settled }: Arms, report: Report): boolean {
  if (settled && isOver(settled.progress.status)) return true
  const live = draft.versions.filter(({ retired }) => !retired).map(({ id }) => id)
  const contract = contractName(draft.model, draft.major)
  const arms: readonly (readonly [id: string, keys: readonly string[]])[] = [
    [control, declared.control === undefined ? [] : ['control']],
    ...declared.candidates.map((id, i) => [id, ['candidates', String(i)]] as const),
  ]
  const gone = arms.filter(([id]) => !live.includes(id))
  for (const [id, keys] of gone) {
    const place = ['experiments', name, ...keys]
    const retired = draft.versions.some((version) => version.id === id)
    const what = retired ? `was retired: "${id}" of ${contract}` : `is no version of ${contract}: "${id}"`
    if (settled) {
      const message = `${what}, and takes part while "${name}" is ${statusWords[settled.progress.status]}`
      report('conflict', place, message, `${stopFirst(name)}, or keep the version.`)
    } else {
      const advice = retired ? `Take one that serves: ${live.join(', ')}.` : didYouMean(id, live).suggestion
      report('invalid_manifest', place, what, advice)
    }
  }
  return gone.length === 0
}

/** What may change of an experiment that began: none of it touches what its evidence means. */
const free: ReadonlySet<string> = new Set(['description', 'rule', 'maximalDuration', 'state'])

export function checkUnchanged(
  name: string,
  wanted: Omit<ExperimentState, 'progress'>,
  settled: ExperimentState,
  report: Report,
): void {
  const { progress } = settled
  const [before, after] = [experimentOut(settled), experimentOut({ ...wanted, progress })]
  const fields = Object.keys({ ...before, ...after }) as (keyof ManifestExperiment)[]
  const changed = fields.filter((field) => !free.has(field) && !isDeepStrictEqual(before[field], after[field]))
  const advice = isOver(progress.status)
    ? 'Declare a new one under a name of its own.'
    : `${stopFirst(name)}, and declare the new one under a name of its own.`
  for (const field of changed) {
    const message = `cannot change: "${name}" is ${statusWords[progress.status]}`
    report('conflict', ['experiments', name, field], message, advice)
  }
  if (changed.length > 0 || isDeepStrictEqual(wanted.metrics, settled.metrics)) return
  const message = `mean something else than when "${name}" began: the contract's own "metrics" differ`
  report('conflict', ['experiments', name, 'metrics'], message, advice)
}
