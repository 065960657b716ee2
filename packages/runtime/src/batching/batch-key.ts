import type { Tensor } from '@astraapi/oip'

/**
 * Calls with equal keys can be computed together: they differ in the number of rows only, and ask for the same outputs.
 * Undefined where there are no rows to join.
 */
export function batchKey(inputs: readonly Tensor[], outputs: readonly string[]): string | undefined {
  if (inputs.length === 0 || inputs.some(({ shape }) => !shape[0])) return undefined
  return JSON.stringify([inputs.map(({ shape }) => shape.slice(1)), outputs])
}
