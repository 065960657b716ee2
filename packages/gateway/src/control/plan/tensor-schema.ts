import type { Schema } from '../../kernel/schema/schema.ts'
import type { Datatype, TensorSpec } from '../../kernel/tensors.ts'

const scalarTable: Readonly<Record<Datatype, Schema>> = {
  BOOL: { type: 'boolean' },
  BYTES: { type: 'string' },
  INT8: { type: 'integer', minimum: -128, maximum: 127 },
  INT16: { type: 'integer', minimum: -32_768, maximum: 32_767 },
  INT32: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  INT64: { type: 'integer', format: 'int64' },
  UINT8: { type: 'integer', minimum: 0, maximum: 255 },
  UINT16: { type: 'integer', minimum: 0, maximum: 65_535 },
  UINT32: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  UINT64: { type: 'integer', format: 'int64' },
  FP16: { type: 'number' },
  BF16: { type: 'number' },
  FP32: { type: 'number' },
  FP64: { type: 'number' },
}

/** The contract that a model's tensors amount to: field = tensor, without the batch dimension, as nested lists. */
export function schemaFromTensors(tensors: readonly TensorSpec[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(tensors.map((tensor) => [tensor.name, itemSchema(tensor)])),
    required: tensors.map(({ name }) => name),
    additionalProperties: false,
  }
}

function itemSchema({ datatype, shape }: TensorSpec): Schema {
  return shape
    .slice(1)
    .reduceRight<Schema>(
      (items, size) => ({ type: 'array', items, ...(size >= 0 ? { minItems: size, maxItems: size } : {}) }),
      scalarTable[datatype],
    )
}

/** Why a field of a contract cannot stand as this tensor; undefined when it can. */
export function tensorMisfit(field: Schema, { name, datatype, shape }: TensorSpec): string | undefined {
  let inner: Schema = field
  // A tensor of [-1, 1] is a column: one value an item.
  const dimensions = shape.length === 2 && shape[1] === 1 && typeOf(field) !== 'array' ? [] : shape.slice(1)
  for (const size of dimensions) {
    if (typeOf(inner) !== 'array' || !inner.items)
      return `must be a list nested ${shape.length - 1} deep for the tensor "${name}" of shape [${shape}]`
    if (size >= 0 && (inner.minItems !== size || inner.maxItems !== size)) {
      return `must have minItems and maxItems ${size} for the tensor "${name}" of shape [${shape}]`
    }
    inner = inner.items
  }
  const wanted = typeOf(scalarTable[datatype])
  const has = typeOf(inner)
  // Whole numbers are numbers; the reverse would lose what stands behind the point.
  if (has === wanted || (wanted === 'number' && has === 'integer')) return undefined
  return `is ${has ?? 'of no one type'}, but the tensor "${name}" holds ${datatype} (${wanted})`
}

function typeOf({ type }: Schema): string | undefined {
  return typeof type === 'string' ? type : type?.[0]
}
