/** Tensor types of the Open Inference Protocol V2. */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'BF16',
  'FP32',
  'FP64',
  'BYTES',
] as const
export type Datatype = (typeof datatypes)[number]

export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  /** Includes the batch dimension, which comes first; -1 = variable. */
  readonly shape: readonly number[]
}

/** How a contract's fields stand as tensors: field `f` of an item is the row of tensor `f`. */
export interface TensorSignature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}
