import type { FeedbackMetric } from '../../../kernel/experiment.ts'
import { isJsonObject, pathKeys } from '../../../kernel/schema/facets.ts'

/** Beyond it no metric means anything, and the squares of such numbers are no numbers any more: sums of them would be lost. */
const valueMax = 1e100
/** As feedback takes it. */
const commentMax = 2000

/** What stands at a JSON Pointer; undefined where nothing does. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pathKeys(pointer).reduce<unknown>((present, key) => {
    if (Array.isArray(present)) return /^\d+$/.test(key) ? present[Number(key)] : undefined
    return isJsonObject(present) && Object.hasOwn(present, key) ? present[key] : undefined
  }, value)
}

/** What a judge said, where it is a value of the metric: a judge that was talked into another number has said nothing. */
export function wordOf(said: unknown, { type, min, max }: FeedbackMetric): number | boolean | undefined {
  if (type === 'boolean') return typeof said === 'boolean' ? said : undefined
  if (typeof said !== 'number' || !(Math.abs(said) <= valueMax)) return undefined
  return said >= (min ?? -valueMax) && said <= (max ?? valueMax) ? said : undefined
}

export function commentOf(said: unknown): string | undefined {
  return typeof said === 'string' && said !== '' ? said.slice(0, commentMax) : undefined
}
