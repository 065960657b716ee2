import { typesOf } from '../../kernel/schema/facets.ts'
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
  UINT64: { type: 'integer', format: 'int64', minimum: 0 },
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

export type Side = 'input' | 'output'

/** Whether a lone value stands for the tensor's rows of one element each, e.g. [-1, 1]. */
export function isColumn(field: Schema, { shape }: TensorSpec): boolean {
  return typesOf(field)?.[0] !== 'array' && shape.slice(1).every((size) => size === 1)
}

/**
 * Why a field of a contract cannot stand as this tensor; undefined when it can. Every input that fits the field must fit the
 * tensor, and every output of the tensor the field.
 */
export function tensorMisfit(side: Side, field: Schema, tensor: TensorSpec): string | undefined {
  const { name, datatype, shape } = tensor
  let inner: Schema = field
  for (const size of isColumn(field, tensor) ? [] : shape.slice(1)) {
    if (onlyType(side, inner) !== 'array' || !inner.items) {
      return `must be a list nested ${shape.length - 1} deep for the tensor "${name}" of shape [${shape}]`
    }
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = inner
    const holds = side === 'input' ? minItems === size && maxItems === size : minItems <= size && size <= maxItems
    if (size >= 0 && !holds) {
      return `must have minItems and maxItems ${size} for the tensor "${name}" of shape [${shape}]`
    }
    inner = inner.items
  }
  const held = onlyType('output', scalarTable[datatype])
  const has = onlyType(side, inner)
  const [narrow, wide] = side === 'input' ? [has, held] : [held, has]
  // Whole numbers are numbers; the reverse would lose what stands behind the point.
  if (narrow === wide || (narrow === 'integer' && wide === 'number')) return undefined
  return `is ${has ?? 'of no one type'}, but the tensor "${name}" holds ${datatype} (${held})`
}

/** An input that may be null has no one type: no tensor holds null. An output may always be told to come as null. */
function onlyType(side: Side, schema: Schema): string | undefined {
  const types = typesOf(schema)
  return side === 'output' || types?.length === 1 ? types?.[0] : undefined
}
