import { AstraError } from '../../kernel/errors.ts'
import type { TensorSignature, TensorSpec } from '../../kernel/tensors.ts'
import type { OutputTensor } from './decode-response.ts'

/**
 * Takes output tensors apart into one object per row: field f is the row of tensor f, a lone value where the signature
 * says `[-1]`, else nested arrays. Outputs that the signature does not name are left out. Throws `upstream_failed` when
 * an output is missing or does not have `rows` rows.
 */
export function toOutputs({ outputs }: TensorSignature, tensors: readonly OutputTensor[], rows: number): unknown[] {
  const items = Array.from({ length: rows }, (): Record<string, unknown> => ({}))
  for (const spec of outputs) {
    const { data, dims } = findOutput(spec, tensors, rows)
    const size = dims.reduce((product, length) => product * length, 1)
    items.forEach((item, row) => {
      item[spec.name] = dims.length === 0 ? data[row] : nest(data, row * size, dims, 0)
    })
  }
  return items
}

interface Rows {
  readonly data: readonly unknown[]
  /** Of one row. */
  readonly dims: readonly number[]
}

function findOutput({ name, shape }: TensorSpec, tensors: readonly OutputTensor[], rows: number): Rows {
  const tensor = tensors.find((output) => output.name === name)
  if (!tensor) throw new AstraError('upstream_failed', { reason: `the response lacks output ${name}` })
  const [length, ...dims] = tensor.shape
  if (length !== rows) {
    throw new AstraError('upstream_failed', { reason: `output ${name} has ${length} rows for ${rows} inputs` })
  }
  // Some servers say [-1] and send [n, 1]: the same elements.
  if (shape.length === 1 && tensor.data.length === rows) return { data: tensor.data, dims: [] }
  if (dims.length === shape.length - 1) return { data: tensor.data, dims }
  const reason = `output ${name} came with shape [${tensor.shape}] where the signature says [${shape}]`
  throw new AstraError('upstream_failed', { reason })
}

function nest(data: readonly unknown[], from: number, dims: readonly number[], level: number): unknown[] {
  const length = dims[level] ?? 0
  if (level === dims.length - 1) return data.slice(from, from + length)
  let size = 1
  for (let inner = level + 1; inner < dims.length; inner++) size *= dims[inner] ?? 0
  return Array.from({ length }, (_, i) => nest(data, from + i * size, dims, level + 1))
}
