import type { Allocation } from '../../kernel/experiment.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { closed, duration } from './forms.ts'
import { longDurationText, parseLongDuration } from './quantities.ts'

/** Whether shares stay as they are declared, or follow what is seen. */
export interface ManifestAllocation {
  readonly method: 'fixed' | Allocation['method']
  readonly every?: string
  readonly least?: number
}

const usualEveryMs = 600_000
const usualLeast = 0.1

export const allocationForm: Schema = closed(
  { method: { type: 'string', enum: ['fixed', 'thompson', 'track-and-stop'] } },
  { every: { ...duration, examples: ['10m'] }, least: { type: 'number', minimum: 0.01, maximum: 0.5 } },
)

/** With defaults spelt out; undefined of shares that stay. */
export function allocationOf(declared: ManifestAllocation | undefined, arms: number): Allocation | undefined {
  if (!declared || declared.method === 'fixed') return undefined
  const { method, every, least = leastOf(arms) } = declared
  return { method, everyMs: (every === undefined ? undefined : parseLongDuration(every)) ?? usualEveryMs, least }
}

export function allocationOut(allocation: Allocation | undefined, arms: number): ManifestAllocation | undefined {
  if (!allocation) return undefined
  const { method, everyMs, least } = allocation
  return {
    method,
    ...(everyMs === usualEveryMs ? {} : { every: longDurationText(everyMs) }),
    ...(least === leastOf(arms) ? {} : { least }),
  }
}

/** Of many arms half of an equal part, so that there is something left to give. */
const leastOf = (arms: number): number => Math.min(usualLeast, 1 / (2 * arms))
