import type { ToldError } from '../wire/tell-error.ts'
import { wireEmit } from '../wire/wire-emit.ts'
import { anthropicLimits } from './anthropic-limits.ts'

/** Anthropic's kinds of error by status; any other below 500 is the request's, any other above it the API's. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  // What is not supported is the caller's to leave out.
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** How answers leave by the Anthropic door. */
export const anthropicEmit = wireEmit({
  idHeader: 'request-id',
  limits: anthropicLimits,
  errorsNameCall: true,
  advice: { unauthenticated: 'Send "x-api-key: <key>" with a key made by "astraapi keys create".' },
  error: errorBody,
  errorEvent: (told, callId) => `event: error\ndata: ${JSON.stringify(errorBody(told, callId))}\n\n`,
})

/** The protocol has no member for the place: the text tells it. */
function errorBody({ status, message, place }: ToldError, callId: string | undefined): object {
  const type = types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  const where = place === undefined || message.includes(place) ? '' : ` The place is ${place}.`
  return { type: 'error', error: { type, message: message + where }, request_id: callId ?? null }
}
