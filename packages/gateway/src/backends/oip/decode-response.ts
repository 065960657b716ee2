import { AstraError } from '../../kernel/errors.ts'
import { type Reply, readObject } from './reply.ts'

/** A tensor as a response carries it. */
export interface OutputTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Flat, row-major. */
  readonly data: readonly unknown[]
}

/**
 * Reads the body of an infer response, every tensor in JSON, `data` flat or nested. Unknown fields are passed over. An
 * integer beyond 2^53 - 1 comes rounded out of JSON.parse: rather than a wrong number, `upstream_failed`, as for all else.
 */
export function decodeResponse(reply: Reply): readonly OutputTensor[] {
  const { outputs } = readObject(reply)
  if (!Array.isArray(outputs)) throw new AstraError('upstream_failed', { reason: 'the response has no list "outputs"' })
  return outputs.map(readTensor)
}

function readTensor(tensor: unknown): OutputTensor {
  const { name, shape, data, datatype } = (tensor ?? {}) as Partial<Record<keyof OutputTensor | 'datatype', unknown>>
  if (typeof name !== 'string' || !isShape(shape) || !Array.isArray(data)) {
    throw new AstraError('upstream_failed', { reason: 'an output of the response lacks a name, a shape or data' })
  }
  const flat = Array.isArray(data[0]) ? flatten(data, shape) : data
  const size = shape.reduce((product, length) => product * length, 1)
  if ((datatype === 'INT64' || datatype === 'UINT64') && flat.some(isRounded)) {
    throw new AstraError('upstream_failed', {
      reason: `output ${name} holds a number that JSON cannot carry as ${datatype} without rounding it`,
    })
  }
  if (flat.length === size && flat.every(isElement)) return { name, shape, data: flat }
  const reason = `the ${flat.length} elements of output ${name} do not fill its shape [${shape}]`
  throw new AstraError('upstream_failed', { reason })
}

/** Nothing where the nesting differs from the shape: which element belongs to which row would be a guess. */
function flatten(data: unknown, [length, ...inner]: readonly number[]): readonly unknown[] {
  if (length === undefined) return [data]
  if (!Array.isArray(data) || data.length !== length) return []
  return data.flatMap((part) => flatten(part, inner))
}

function isRounded(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value)
}

function isElement(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0)
}
