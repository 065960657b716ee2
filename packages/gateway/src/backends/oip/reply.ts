import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'

/** An HTTP response, read whole. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** The body as a JSON object. Throws `upstream_failed` when it is none. */
export function readObject(reply: Reply): Readonly<Record<string, unknown>> {
  const value = readJson(reply)
  if (isJsonObject(value)) return value
  throw new AstraError('upstream_failed', { reason: 'the response is not a JSON object' })
}

export function readJson({ body }: Reply): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (cause) {
    throw new AstraError('upstream_failed', { reason: `the response is not JSON: ${(cause as Error).message}`, cause })
  }
}

/** The error of a response that is not a 200, with upstream's words for operators only. */
export function refusal(reply: Reply): AstraError {
  const { status } = reply
  const reason = `upstream answered ${status}: ${words(reply)}`
  const retryAfterMs = readRetryAfter(reply)
  if (refused.has(status)) return new AstraError('invalid_input', { detail: 'The model refused this input', reason })
  if (!notRun.has(status)) return new AstraError('upstream_failed', { reason })
  return new AstraError('upstream_unavailable', { reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** The request itself is at fault. */
const refused: ReadonlySet<number> = new Set([400, 413, 422])
/** Surely nothing ran: the model is not there, not ready, or upstream has too much to do. */
const notRun: ReadonlySet<number> = new Set([404, 429, 503])

/** Milliseconds that upstream says a request waited in its queue: `queue;dur=1.5` in Server-Timing. */
export function readQueueMs({ headers }: Reply): number | undefined {
  const timing = headers['server-timing']
  if (timing === undefined) return undefined
  const match = /(?:^|,)\s*queue\s*;[^,]*?\bdur=(\d+(?:\.\d+)?)/.exec(String(timing))
  return match ? Number(match[1]) : undefined
}

/** Seconds only: model servers do not send the other form, a date. At most an hour is believed. */
function readRetryAfter({ headers }: Reply): number | undefined {
  const seconds = String(headers['retry-after'] ?? '')
  return /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds), 3600) * 1000 : undefined
}

const wordsMax = 500

function words({ body }: Reply): string {
  const text = body.toString('utf8', 0, 8 * wordsMax)
  try {
    const { error } = JSON.parse(text)
    if (typeof error === 'string') return error.slice(0, wordsMax)
  } catch {
    // Not the protocol's error body: the text itself will have to do.
  }
  return text.slice(0, wordsMax)
}
