import type { BinaryCursor } from './body-parts.ts'
import { asObject, isObject, type JsonObject, parseJsonExactly } from './json-body.ts'
import { invalid, type ProtocolError, quote } from './protocol-error.ts'

interface TensorLabel {
  readonly kind: 'input' | 'output'
  readonly name: string
}

/** A tensor as it stands in a request or a response, nothing but its name checked. */
export interface RawTensor extends TensorLabel {
  readonly fields: JsonObject
  /** Empty where it has none. */
  readonly parameters: JsonObject
  /** Its data, where that is not JSON. */
  readonly bytes: Uint8Array | undefined
}

const NONE: JsonObject = {}

/** By name, in the order in which they stand. */
export type RawTensors = ReadonlyMap<string, RawTensor>

/**
 * The tensors of a list by their names, each of which must stand once. Binary data is cut off the body in their order;
 * when the last one has its bytes, nothing may be left over.
 */
export function readRawTensors(value: unknown, kind: TensorLabel['kind'], binary?: BinaryCursor): RawTensors {
  if (!Array.isArray(value)) throw invalid(`The ${kind}s must be an array of tensors`)
  const found = new Map<string, RawTensor>()
  for (let index = 0; index < value.length; index++) {
    const fields = asObject(value[index], `The ${kind} at index ${index}`)
    const { name } = fields
    if (typeof name !== 'string') throw invalid(`The ${kind} at index ${index} has no name`)
    if (found.has(name)) throw invalid(`The ${kind} ${quote(name)} stands twice`)
    const label = { kind, name }
    const parameters = isObject(fields.parameters) ? fields.parameters : NONE
    found.set(name, { kind, name, fields, parameters, bytes: readBytes(parameters, label, binary) })
  }
  binary?.end()
  return found
}

/** JSON.parse rounds what these may hold. */
export function isWide({ datatype }: { readonly datatype?: unknown }): boolean {
  return datatype === 'INT64' || datatype === 'UINT64'
}

/** The same tensors with every digit of their integers, which were read from `text`, a body's JSON. */
export function withExactData(tensors: RawTensors, text: string, key: 'inputs' | 'outputs'): RawTensors {
  const list = asObject(parseJsonExactly(text), 'The body')[key]
  const exact = Array.isArray(list) ? list : []
  const entries = [...tensors.values()].map((tensor, index): [string, RawTensor] => {
    const { data } = asObject(exact[index], 'A tensor')
    return [tensor.name, { ...tensor, fields: { ...tensor.fields, data } }]
  })
  return new Map(entries)
}

function readBytes(
  { binary_data_size: size }: JsonObject,
  label: TensorLabel,
  binary: BinaryCursor | undefined,
): Uint8Array | undefined {
  if (size === undefined || binary === undefined) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw fault(label, `has a binary_data_size of ${quote(size)}, which is no number of bytes`)
  }
  const bytes = binary.take(size)
  if (typeof bytes === 'string') throw fault(label, bytes)
  return bytes
}

/** A 400 about one tensor; `words` end a sentence that begins with its name. */
export function fault({ kind, name }: TensorLabel, words: string): ProtocolError {
  return invalid(`${kind === 'input' ? 'Input' : 'Output'} ${quote(name)} ${words}`)
}
