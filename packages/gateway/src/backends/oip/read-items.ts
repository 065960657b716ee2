import { decodeInferResponse, itemReader, ProtocolError } from '@astraapi/oip'
import type { Item } from '../../kernel/answer.ts'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'
import type { Reply } from '../http/reply.ts'
import { headerLengthName } from './reply.ts'

/**
 * The rows of a response as items. Throws `upstream_failed` when it is not what the signature says. A row with a value that
 * JSON does not have, such as NaN, is `invalid_output` and spares the others.
 */
export function readItems({ outputs }: TensorSignature, reply: Reply, rows: number): readonly Item[] {
  const read = readerOf(outputs, reply, rows)
  return Array.from({ length: rows }, (_, row): Item => {
    try {
      return { output: read(row) }
    } catch (thrown) {
      return { error: faultOf(thrown, 'invalid_output') }
    }
  })
}

function readerOf(outputs: TensorSignature['outputs'], { body, headers }: Reply, rows: number) {
  try {
    return itemReader(outputs, decodeInferResponse(body, headers[headerLengthName]?.toString()).outputs, rows)
  } catch (thrown) {
    throw faultOf(thrown, 'upstream_failed')
  }
}

/** The protocol's own words are for operators: the fault is not the caller's. */
function faultOf(thrown: unknown, code: ErrorCode): AstraError {
  if (!(thrown instanceof ProtocolError)) throw thrown
  return new AstraError(code, { reason: `the response cannot be used: ${thrown.message}`, cause: thrown })
}
