import { ProtocolError } from '@astraapi/oip'
import type { Failure } from './messages.ts'

const messageMax = 1000
const stackMax = 4000

/** A model may throw anything: what cannot be told must not end the worker, and what is endless must not reach the log. */
export function failureOf(error: unknown): Failure {
  try {
    const isError = error instanceof Error
    const message = String(isError ? error.message : error).slice(0, messageMax)
    const stack = isError && typeof error.stack === 'string' ? error.stack.slice(0, stackMax) : undefined
    return { invalid: error instanceof ProtocolError && error.code === 'invalid', message, stack }
  } catch {
    return { invalid: false, message: 'it threw something that cannot be told', stack: undefined }
  }
}

/** The front's half: what was told, as it was thrown. */
export function errorOf({ message, stack, invalid }: Failure): Error {
  if (invalid) return new ProtocolError('invalid', message)
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
