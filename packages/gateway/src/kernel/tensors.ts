/** How a contract's fields stand as tensors: field `f` of an item is the row of tensor `f`. The batch dimension comes first. */
export type { Datatype, Signature as TensorSignature, TensorSpec } from '@astraapi/oip'
