import type { FastifyRequest } from 'fastify'
import { parseRequestParams, type RequestParams } from 'graphql-http'
import type { Caller } from '../../../kernel/caller.ts'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import { parseJsonObject, readBody } from '../json-body.ts'

export type ReadRequest = RequestParams & { readonly bodyBytes: number }

/**
 * The request's parameters, as GraphQL over HTTP puts them into a JSON body or, for GET, into the query string. graphql-http
 * knows the rules; the body is read and parsed by the same code as at every other door. Throws `invalid_body`, `body_too_large`,
 * `body_too_deep`, `overloaded` or `cancelled`.
 */
export async function readRequest(
  request: FastifyRequest,
  { consumer }: Caller,
  bodyBytesMax: number,
): Promise<ReadRequest> {
  let fault: AstraError | undefined
  let bodyBytes = 0
  const body = async () => {
    try {
      const bytes = await readBody(request.raw, request.headers['content-length'], bodyBytesMax, consumer)
      bodyBytes = bytes.length
      return parseJsonObject(bytes)
    } catch (thrown) {
      fault = toAstraError(thrown)
      throw thrown
    }
  }
  const { method, url, headers, raw } = request
  const read = await parseRequestParams({ method, url, headers, body, raw, context: undefined }).catch(
    (thrown: Error) => {
      // Its own words ("Missing query") are about the request alone.
      throw fault ?? new AstraError('invalid_body', { detail: thrown.message })
    },
  )
  if ('query' in read) return { ...read, bodyBytes }
  throw new AstraError('invalid_body', {
    detail: 'The Content-Type must be application/json in UTF-8',
    next: 'Send {"query": …, "variables": …} as application/json.',
  })
}
