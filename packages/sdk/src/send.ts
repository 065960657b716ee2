import { backOffMs } from './back-off.ts'
import type { RequestOptions } from './call-options.ts'
import { connectionError } from './connection-error.ts'
import { AstraError } from './errors.ts'
import { type Limit, openLimit } from './limit.ts'
import { checkTimeoutMs, type Link } from './link.ts'
import { errorFromAnswer } from './problem.ts'

export interface WireRequest {
  readonly method: string
  /** From the gateway's address on, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body?: string | undefined
}

/** Sends a request and hands its 2xx answer to `read`, all within one limit. Rejects with an AstraError. */
export async function send<T>(
  link: Link,
  options: RequestOptions,
  request: WireRequest,
  read: (response: Response, body: string) => T,
): Promise<T> {
  const call = openCall(link, options)
  try {
    const response = await start(call, request)
    return read(response, await text(call, response))
  } finally {
    call.limit.close()
  }
}

/** A call under way: every step of it keeps to its limit. */
export interface OpenCall {
  readonly link: Link
  readonly limit: Limit
  /** The time limit that somebody chose. */
  readonly chosenMs: number | undefined
}

/** A client that was given no limit gives up at last, should a gateway never answer. */
const timeoutMsAtLast = 600_000

export function openCall(link: Link, { timeoutMs, signal }: RequestOptions): OpenCall {
  const chosenMs = checkTimeoutMs(timeoutMs) ?? link.timeoutMs
  return { link, chosenMs, limit: openLimit({ timeoutMs: chosenMs ?? timeoutMsAtLast, signal, clock: link.clock }) }
}

/** Repeats the request while it surely did not start upstream; resolves with a 2xx answer whose body is still to be read. */
export async function start(call: OpenCall, request: WireRequest): Promise<Response> {
  const { link, limit } = call
  for (let attempt = 0; ; attempt++) {
    try {
      return await tryOnce(call, request)
    } catch (thrown) {
      const { retryable, retryAfterMs = 0 } = failureOf(call, thrown)
      if (!retryable || attempt >= link.retries) throw thrown
      const { random } = link
      const waitMs = backOffMs(attempt, { retryAfterMs, remainingMs: limit.remainingMs(), random })
      if (waitMs === undefined) throw thrown
      await step(call, () => limit.sleep(waitMs))
    }
  }
}

async function tryOnce(call: OpenCall, { method, path, headers, body }: WireRequest): Promise<Response> {
  const { link, limit, chosenMs } = call
  const response = await step(call, () =>
    link.fetch(link.url + path, {
      method,
      headers: {
        ...link.headers,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        // Left out, the contract's own limit holds: it is not for the client to replace.
        ...(chosenMs === undefined ? {} : { 'astra-timeout': `${Math.max(1, Math.floor(limit.remainingMs()))}ms` }),
      },
      ...(body === undefined ? {} : { body }),
      // Followed, a POST would become a GET, and the key would go to another address.
      redirect: 'manual',
      signal: limit.signal,
    }),
  )
  if (response.ok) return response
  throw errorFromAnswer(response, await text(call, response))
}

export function text(call: OpenCall, response: Response): Promise<string> {
  return step(call, () => response.text())
}

/** Runs one step within the limit; whatever goes wrong in it is an AstraError. */
export async function step<T>(call: OpenCall, work: () => Promise<T>): Promise<T> {
  try {
    call.limit.signal.throwIfAborted()
    return await call.limit.race(work())
  } catch (thrown) {
    throw failureOf(call, thrown)
  }
}

/** A call whose limit was reached ends with that, whatever its last step ran into. */
function failureOf({ limit, link }: OpenCall, thrown: unknown): AstraError {
  if (limit.signal.aborted) return limit.signal.reason
  return thrown instanceof AstraError ? thrown : connectionError(thrown, link.url)
}
