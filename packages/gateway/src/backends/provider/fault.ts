import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider'
import { faultError, type VendorFault } from '../../dialects/vendor-fault.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { readRetryAfter } from '../http/reply.ts'
import { notTaken } from './refusal.ts'

/** What was thrown while a vendor was asked, as an error of ours. `began`: a piece of the answer had come. */
export function toFault(thrown: unknown, upstream: string, began: boolean): AstraError {
  for (const error of causesOf(thrown)) {
    if (error instanceof AstraError) return error
    if (UnsupportedFunctionalityError.isInstance(error)) return notTaken(error, upstream)
    if (APICallError.isInstance(error) && error.statusCode !== undefined) return faultError(readCallError(error), began)
    const said = isJsonObject(error) ? readWords(error.value) : undefined
    if (said) return faultError(said, began)
  }
  const fault = readWords(thrown)
  if (fault) return faultError(fault, began)
  return strange(thrown)
}

function strange(thrown: unknown): AstraError {
  const { name, message } = thrown instanceof Error ? thrown : { name: typeof thrown, message: '' }
  // What Google's library for signing in throws carries the request that failed; no model was asked then.
  if (thrown instanceof Error && 'config' in thrown) {
    return new AstraError('upstream_unavailable', { reason: `the vendor gives no token: ${message}`, cause: thrown })
  }
  // The messages of parsers quote the answer, which belongs in no log.
  const words = /^AI_|Syntax/.test(name) ? name : `${name}: ${message}`
  return new AstraError('upstream_failed', {
    reason: `the answer broke off or is out of form (${words})`,
    cause: thrown,
  })
}

const depthMax = 8

function* causesOf(thrown: unknown): Generator<unknown> {
  let error = thrown
  for (let depth = 0; error !== undefined && depth < depthMax; depth++) {
    yield error
    error = error instanceof Error ? error.cause : undefined
  }
}

function readCallError({
  statusCode = 0,
  responseHeaders = {},
  responseBody = '',
  message,
}: APICallError): VendorFault {
  const body = parse(responseBody)
  const said = readWords(body)
  const status = keyUnknown.test(responseBody) ? 401 : statusCode < 300 ? said?.status : statusCode
  const advice = status && operatorsOwn.get(status)
  const words = said?.message || (statusCode < 300 ? 'an answer out of form' : message)
  return {
    status,
    type: said?.type ?? '',
    message: advice ? `${words} (${advice})` : words,
    retryAfterMs: readRetryAfter({ status: statusCode, headers: responseHeaders }),
  }
}

/** Google says 400 to a key that it does not know, which is no fault of the request. */
const keyUnknown = /"API_KEY_INVALID"/

/** What an operator looks at, as no caller can do anything about it. */
const operatorsOwn: ReadonlyMap<number, string> = new Map([
  [401, 'is the key right?'],
  [403, 'may this key use this model?'],
  [404, "are the model's name and the address right?"],
])

/** `{error: {message, …}}`, `{error: "…"}` or `{message}`: one of these is how every vendor says what went wrong. */
function readWords(body: unknown): VendorFault | undefined {
  if (!isJsonObject(body)) return undefined
  const error = isJsonObject(body.error) ? body.error : { ...body, ...(body.error ? { message: body.error } : {}) }
  if (typeof error.message !== 'string' || body instanceof Error) return undefined
  const status = [error.code, error.status, error.statusCode].find(isStatus)
  const type = [error.type, error.status, error.code].find((word) => typeof word === 'string') ?? ''
  return { status, type: String(type), message: error.message }
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
