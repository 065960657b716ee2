import type { Accumulator, MetricDefinition } from '../evidence.ts'
import { everything, type Interval } from '../intervals/interval.ts'
import type { GuardrailResult } from './analysis.ts'
import { unknownGuardrail } from './guardrail.ts'

/** What is found of one metric, whatever its type. */
export interface Found {
  readonly units: { readonly control: number; readonly candidate: number }
  readonly control: number | null
  readonly candidate: number | null
  readonly estimate: number | null
  readonly interval: Interval
  readonly p: number
  readonly mayDecide: boolean
  readonly guardrail: GuardrailResult
}

/** What is kept of both arms in one epoch. */
export interface Pair {
  /** The control's share among the two arms' traffic: epochs with the same one may be pooled. */
  readonly split: number
  readonly control: Accumulator
  readonly candidate: Accumulator
}

/** How an effect is told where the definition doesn't say. */
export function scaleOf({ scale, type, margin }: MetricDefinition): 'absolute' | 'relative' {
  if (scale !== undefined) return scale
  if (margin !== undefined) return 'absolute' in margin ? 'absolute' : 'relative'
  return type === 'rate' || type === 'mean' ? 'absolute' : 'relative'
}

export const nothing = (metric: MetricDefinition): Found => ({
  units: { control: 0, candidate: 0 },
  control: null,
  candidate: null,
  estimate: null,
  interval: everything,
  p: 1,
  mayDecide: false,
  guardrail: unknownGuardrail(metric),
})

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
