import type { Item } from '../../kernel/answer.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { Datatype, TensorSignature } from '../../kernel/tensors.ts'
import { type Row, readRow } from './read-row.ts'

/** A tensor as a request carries it. */
export interface InputTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly datatype: Datatype
  /** Flat, row-major. */
  readonly data: readonly unknown[]
}

/** Items that can share one request. */
export interface Batch {
  /** Which inputs they are; row r of each tensor belongs to input `places[r]`. */
  readonly places: readonly number[]
  /** Each item's row of each tensor of the signature. */
  readonly rows: readonly (readonly Row[])[]
}

/**
 * Sorts inputs into batches: those whose variable dimensions agree go together, unless the signature fixes the first
 * dimension, which allows one row at a time. An item that does not fit is put into `items` as an error at its place.
 */
export function toBatches(signature: TensorSignature, inputs: readonly unknown[], items: Item[]): readonly Batch[] {
  const batchable = [...signature.inputs, ...signature.outputs].every(({ shape }) => shape[0] === -1)
  const batches = new Map<string, { places: number[]; rows: (readonly Row[])[] }>()
  for (let place = 0; place < inputs.length; place++) {
    const rows = readRows(signature, inputs[place])
    if (rows instanceof AstraError) {
      items[place] = { error: rows }
      continue
    }
    const key = batchable ? rows.map(({ dims }) => dims.join()).join(';') : String(place)
    const batch = batches.get(key)
    if (batch) {
      batch.places.push(place)
      batch.rows.push(rows)
    } else batches.set(key, { places: [place], rows: [rows] })
  }
  return [...batches.values()]
}

export function toTensors({ inputs }: TensorSignature, { rows }: Batch): readonly InputTensor[] {
  return inputs.map(({ name, datatype }, t) => ({
    name,
    shape: [rows.length, ...(rows[0]?.[t]?.dims ?? [])],
    datatype,
    data: rows.length === 1 ? (rows[0]?.[t]?.values ?? []) : rows.flatMap((row) => row[t]?.values ?? []),
  }))
}

function readRows({ inputs }: TensorSignature, item: unknown): readonly Row[] | AstraError {
  const rows: Row[] = []
  const violations: Violation[] = []
  for (const spec of inputs) {
    const row = readRow(item, spec)
    if ('values' in row) rows.push(row)
    else violations.push(row)
  }
  const [first] = violations
  if (!first) return rows
  const detail = `The input does not fit the model's tensors: ${first.path} ${first.message}`
  return new AstraError('invalid_input', { detail, violations })
}
