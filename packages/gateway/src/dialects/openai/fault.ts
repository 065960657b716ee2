import type { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { faultError } from '../vendor-fault.ts'

/**
 * What an upstream that speaks OpenAI's protocol says of a failure, in any of the forms that its many servers use: an `error` object,
 * an `error` text (Ollama), an object or event "error" (vLLM, Mistral), or any of them in a list (Gemini). `status` is the HTTP status where it tells
 * of a failure, else undefined: then the words for the kind of error decide. Undefined when the body holds no error.
 */
export function openaiFault(
  body: unknown,
  status: number | undefined,
  began: boolean,
  retryAfterMs?: number,
): AstraError | undefined {
  const error = errorIn(Array.isArray(body) ? body[0] : body, status)
  if (error === undefined) return undefined
  const type = words(error.type) || words(error.code) || words(error.status)
  return faultError(
    {
      status: status ?? statusIn(error.code) ?? statusIn(error.status) ?? statusByWord(error),
      type,
      message: words(error.message) || JSON.stringify(error),
      retryAfterMs,
    },
    began,
  )
}

type ErrorObject = Readonly<Record<string, unknown>>

function errorIn(body: unknown, status: number | undefined): ErrorObject | undefined {
  if (!isJsonObject(body)) return undefined
  const { error, message, detail } = body
  if (typeof error === 'string' && error !== '') return { ...body, message: error }
  if (isJsonObject(error)) return error
  if (body.object === 'error' || body.type === 'error') return body
  if (status === undefined) return undefined
  // FastAPI's word, of servers written with it.
  if (detail !== undefined) return { message: typeof detail === 'string' ? detail : JSON.stringify(detail) }
  return typeof message === 'string' ? body : undefined
}

/** "429" (Azure) as well as 429. */
function statusIn(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined
}

/** A code is more exact than its type. */
function statusByWord({ type, code, status }: ErrorObject): number | undefined {
  for (const word of [code, type, status]) {
    const found = typeof word === 'string' ? statuses.get(word.toLowerCase()) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** OpenAI's own words, then those of servers that speak like it. */
const statuses: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['context_length_exceeded', 400],
  ['content_policy_violation', 400],
  ['content_filter', 400],
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['permission_error', 403],
  ['permission_denied', 403],
  ['not_found_error', 404],
  ['model_not_found', 404],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['tokens', 429],
  ['requests', 429],
  ['server_error', 500],
  ['internal_server_error', 500],
  ['overloaded', 503],
  ['overloaded_error', 503],
  ['service_unavailable', 503],
  ['service_unavailable_error', 503],
  // vLLM names its errors as its classes are called, Gemini as gRPC does.
  ['badrequesterror', 400],
  ['notfounderror', 404],
  ['ratelimiterror', 429],
  ['internalservererror', 500],
  ['invalid_argument', 400],
  ['resource_exhausted', 429],
  ['internal', 500],
  ['unavailable', 503],
])

function words(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
