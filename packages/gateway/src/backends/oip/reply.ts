import { unspentAt } from '../../dialects/vendor-fault.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { type Reply, readRetryAfter } from '../http/reply.ts'

/** Where a body's JSON ends and its binary tensors begin. */
export const headerLengthName = 'inference-header-content-length'

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

/**
 * The error of a response that is not a 200, with upstream's words for operators only. `retryAfterMs` says that upstream
 * is merely busy, which is no fault of it.
 */
export function refusal(reply: Reply): AstraError {
  const { status } = reply
  const reason = `upstream answered ${status}: ${words(reply)}`
  if (refused.has(status)) return new AstraError('invalid_input', { detail: 'The model refused this input', reason })
  if (!notRun.has(status)) return new AstraError('upstream_failed', { reason, ...unspentAt(status) })
  const retryAfterMs = status === 404 ? undefined : (readRetryAfter(reply) ?? busyMs.get(status))
  return new AstraError('upstream_unavailable', { reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** The request itself is at fault. */
const refused: ReadonlySet<number> = new Set([400, 413, 422])
/** Surely nothing ran: the model is not there, not ready, or upstream has too much to do. */
const notRun: ReadonlySet<number> = new Set([404, 429, 503])
/** A 429 is busy by its meaning, a 503 only if it says when to come back. */
const busyMs: ReadonlyMap<number, number> = new Map([[429, 1000]])

/** Milliseconds that upstream says a request waited in its queue: `queue;dur=1.5` in Server-Timing. */
export function readQueueMs({ headers }: Reply): number | undefined {
  const timing = headers['server-timing']
  if (timing === undefined) return undefined
  const match = /(?:^|,)\s*queue\s*;[^,]*?\bdur=(\d{1,9}(?:\.\d{1,9})?)(?![\d.eE])/.exec(String(timing))
  return match ? Number(match[1]) : undefined
}

/**
 * Calls that wait or run at upstream, by its load report (ORCA): `endpoint-load-metrics: TEXT named_metrics.waiting=3, …`,
 * or the same as JSON.
 */
export function readWaiting({ headers }: Reply): number | undefined {
  const report = headers['endpoint-load-metrics']
  if (report === undefined) return undefined
  const match = /[."]waiting"?\s*[=:]\s*(\d{1,9})/.exec(String(report))
  return match ? Number(match[1]) : undefined
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
