import { allocate } from '@astraapi/statistics'
import { type EpochEvidence, type ExperimentState, epochsMax } from '../../kernel/experiment.ts'
import { enrolledShares } from '../catalog/held-traffic.ts'
import type { ExperimentChange } from '../operations/ports.ts'
import { activeArms, type Evaluation, epochsOf } from './evaluate.ts'

/** Shares that differ by less, of all arms, stay: each epoch has to earn its place. */
const changeMin = 0.05
/** Epochs last at least such a part of the running time: a long test does not use up all of them at its beginning. */
const partOfTime = 0.1

/** Where shares are to follow the evidence, and it says enough else than they do. */
export function nextShares(
  experiment: ExperimentState,
  { time, elapsedMs, decision }: Evaluation,
  evidence: readonly EpochEvidence[],
): ExperimentChange | undefined {
  const { allocation, metrics, progress } = experiment
  const latest = progress.epochs.at(-1)
  const metric = metrics.find(({ kind }) => kind === 'success')
  if (!allocation || !latest || !metric || progress.status !== 'running' || decision.action !== 'hold') return undefined
  if (decision.removed.length > 0 || progress.epochs.length >= epochsMax) return undefined
  if (time - latest.from < Math.max(allocation.everyMs, partOfTime * elapsedMs)) return undefined
  const shares = allocate(epochsOf(experiment, evidence), [...activeArms(experiment)], metric, allocation)
  const present = enrolledShares(experiment)
  const differs = (arm: string) => Math.abs((shares?.[arm] ?? 0) - (present[arm] ?? 0)) >= changeMin
  if (!shares || !Object.keys(shares).some(differs)) return undefined
  return { action: 'reshare', shares: rounded(shares, allocation.least), reason: reasonOf(shares, metric.name) }
}

/** To a thousandth, as they are told, but none below `least`: an arm without a share would have left. The largest takes what that leaves. */
function rounded(shares: Readonly<Record<string, number>>, least: number): Readonly<Record<string, number>> {
  const [[largest] = [''], ...others] = Object.entries(shares).sort(([, a], [, b]) => b - a)
  const parts = others.map(([arm, share]) => [arm, Math.max(least, Number(share.toFixed(3)))] as const)
  const rest = parts.reduce((sum, [, part]) => sum - part, 1)
  return Object.fromEntries([[largest, Number(rest.toFixed(6))], ...parts])
}

function reasonOf(shares: Readonly<Record<string, number>>, metric: string): string {
  const told = Object.entries(shares).map(([arm, share]) => `${arm}: ${Number((100 * share).toFixed(1))} %`)
  return `Shares follow what is seen of ${metric}: ${told.join(', ')}.`
}
