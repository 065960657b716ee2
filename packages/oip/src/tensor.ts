import type { Datatype, TensorData } from './datatype.ts'

/** A tensor in memory: plain data, so that it can cross to a worker. `data` is row-major, one element per entry. */
export interface Tensor {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: TensorData
}

/**
 * What a model declares of a tensor. The shape includes the batch dimension; -1 is a variable dimension, and an
 * empty shape means that the model does not say.
 */
export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
}

export interface Signature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/**
 * How many elements a shape holds. A scalar (`[]`) holds one. Beyond 2^53 it is not exact, or Infinity: more than any
 * data has, in any case.
 */
export function elementCount(shape: readonly number[]): number {
  // Infinity times zero is NaN.
  return shape.includes(0) ? 0 : shape.reduce((count, size) => count * size, 1)
}

/** Whether a shape fits what the model declares. */
export function shapeFits(shape: readonly number[], declared: readonly number[]): boolean {
  if (declared.length === 0) return true
  return shape.length === declared.length && declared.every((size, axis) => size === -1 || size === shape[axis])
}
