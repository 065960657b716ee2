import type { Tensor } from '@astraapi/oip'

/**
 * Calls with equal keys can be computed together: they differ in the number of rows only, and ask for the same outputs.
 * Undefined where there are no rows to join: the inputs do not agree in their number, or hold nothing, whatever rows
 * they claim to have.
 */
export function batchKey(inputs: readonly Tensor[], outputs: readonly string[]): string | undefined {
  const rows = inputs[0]?.shape[0]
  if (rows === undefined || inputs.some(({ shape }) => shape[0] !== rows || shape.includes(0))) return undefined
  return JSON.stringify([inputs.map(({ shape }) => shape.slice(1)), outputs])
}
