import type { ExecutionResult } from 'graphql'
import { AstraError } from '../../../kernel/errors.ts'
import { publicGraphqlError } from './public-graphql-error.ts'

/** A result as JSON, its errors as the caller may read them. Throws `query_too_costly` for one longer than V8's longest string. */
export function resultText(result: ExecutionResult): string {
  const shown = result.errors ? { ...result, errors: result.errors.map(publicGraphqlError) } : result
  try {
    return JSON.stringify(shown)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    const detail = 'The calls ran, but their answers are longer together than one response can be'
    throw new AstraError('query_too_costly', { detail, reason: thrown.message })
  }
}
