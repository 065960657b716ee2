import { cellsOf, quantileOf } from '@astraapi/statistics'
import type { ArmTotals } from '../../kernel/experiment.ts'

/** What an arm's calls came to, for people: over all epochs, of every call so far; latencies of each unit's first. Nothing is decided by it. */
export interface ArmFigures {
  readonly version: string
  readonly units: number
  readonly calls: number
  readonly failed: number
  readonly costUsd?: number
  readonly latencyP50Ms?: number
  readonly latencyP95Ms?: number
}

/** Left out: nothing came yet. */
export function armFigures(version: string, totals: ArmTotals | undefined): ArmFigures {
  const { units, calls, failed, costUsd, latencies } = totals ?? nothing
  const cells = latencies && cellsOf(latencies)
  return {
    ...{ version, units, calls, failed },
    ...(costUsd > 0 ? { costUsd } : {}),
    ...(cells ? { latencyP50Ms: rounded(quantileOf(cells, 0.5)), latencyP95Ms: rounded(quantileOf(cells, 0.95)) } : {}),
  }
}

const nothing: ArmTotals = { units: 0, beyond: 0, calls: 0, failed: 0, costUsd: 0 }

/** Buckets tell no more digits. */
const rounded = (ms: number): number => Number(ms.toPrecision(4))
