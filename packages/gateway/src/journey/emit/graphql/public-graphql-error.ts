import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { AstraError, type PublicError, publicError } from '../../../kernel/errors.ts'

/**
 * What the caller reads of an error: `extensions` hold the code, its HTTP status, what to do next and, for a call, its id. Nothing
 * internal is in it: the reason of an AstraError stays here, and of anything else not even the message goes out.
 */
export function publicGraphqlError(error: GraphQLError): GraphQLFormattedError {
  const { locations, path, extensions } = error
  const { detail, code, status, next, violations, retryAfterMs, limit } = meaning(error)
  return {
    message: detail,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: {
      code,
      status,
      ...(typeof extensions.callId === 'string' ? { callId: extensions.callId } : {}),
      next,
      ...(violations ? { errors: violations } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(limit ? { limit } : {}),
    },
  }
}

/** graphql-js wraps what a field threw, our own GraphQLErrors included. */
function meaning(error: GraphQLError): PublicError {
  let root: Error = error
  while (root instanceof GraphQLError && root.originalError) root = root.originalError
  if (root instanceof AstraError) return publicError(root)
  // graphql-js's own fault of a request points at its text. One of a value on its way out does not, and is not the caller's.
  const ofRequest = root instanceof GraphQLError && (!error.path || root.nodes)
  return publicError(
    ofRequest ? new AstraError('invalid_query', { detail: error.message }) : new AstraError('internal'),
  )
}
