import { GatheredBytes } from '@astraapi/oip'
import { Agent, fetch as undiciFetch } from 'undici'
import { AstraError } from '../../kernel/errors.ts'
import { noteArrival } from './arrivals.ts'

export interface UpstreamFetch {
  readonly fetch: typeof globalThis.fetch
  close(): Promise<void>
}

/**
 * How the vendors' packages reach the network: over connections of this backend's own, without a clock of theirs (dispatch has the
 * clocks), never along a redirect, and never to fetch a thing that a caller names: a model is only ever asked by POST. What goes wrong
 * before an answer is an AstraError already.
 */
export function createUpstreamFetch(bodyBytesMax: number): UpstreamFetch {
  const agent = new Agent({
    connections: 4096,
    connect: { timeout: 5000 },
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const ask = async (input: Parameters<typeof undiciFetch>[0], init: Parameters<typeof undiciFetch>[1] = {}) => {
    if (init.method !== 'POST')
      throw new AstraError('unsupported', { detail: 'The gateway fetches nothing for a model' })
    const response = await undiciFetch(input, { ...init, redirect: 'manual', dispatcher: agent }).catch((thrown) => {
      throw init.signal?.aborted ? init.signal.reason : connectionError(thrown)
    })
    return bounded(response, bodyBytesMax, () => noteArrival(init.signal))
  }
  return {
    // Node's own fetch cannot be given connections of another undici; the types differ in names only.
    fetch: ask as unknown as typeof globalThis.fetch,
    close: () => agent.destroy(),
  }
}

type UndiciResponse = Awaited<ReturnType<typeof undiciFetch>>

/** Whoever reads the answer keeps each as an object, however short it is. */
const chunksMax = 250_000

function bounded(response: UndiciResponse, bytesMax: number, arrived: () => void): Response {
  const whole = new GatheredBytes(bytesMax)
  const isWhole = /^application\/json\b/.test(response.headers.get('content-type') ?? '')
  let bytes = 0
  let chunks = 0
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      arrived()
      if (bytes > bytesMax) controller.error(tooLong(`${bytesMax} bytes`))
      else if (isWhole) whole.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      else if (++chunks > chunksMax) controller.error(tooLong(`${chunksMax} chunks`))
      else controller.enqueue(chunk)
    },
    flush: (controller) => {
      if (whole.length > 0) controller.enqueue(whole.take())
    },
  })
  const { status, headers } = response
  const body = response.body as ReadableStream<Uint8Array> | null
  return new Response(body?.pipeThrough(count) ?? null, { status, headers: [...headers] })
}

function tooLong(most: string): AstraError {
  return new AstraError('upstream_failed', { reason: `the answer is longer than ${most}` })
}

function connectionError(thrown: unknown): AstraError {
  const cause: unknown = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const { code = '', message = '' } = cause instanceof Error ? (cause as Error & { readonly code?: string }) : {}
  const facts = { reason: `${code || 'no connection'}: ${message}`, cause }
  if (neverSent.has(code) || /^(ERR_TLS|CERT|UNABLE|DEPTH|SELF)_/.test(code))
    return new AstraError('upstream_unavailable', facts)
  return new AstraError('upstream_failed', { ...facts, unanswered: true })
}

/** No connection came about, so surely nothing ran. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
