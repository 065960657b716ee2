import { Pool } from 'undici'
import { AstraError } from '../../kernel/errors.ts'
import { Exchange } from './exchange.ts'
import type { Reply } from './reply.ts'

/** A server of the protocol at one address. */
export interface Upstream {
  /** As the manifest names it. */
  readonly replica: string
  /** `path` from /v2 on; a body makes it a POST. Rejects with AstraErrors, or with the signal's reason once it aborts. */
  send(path: string, body: string | undefined, headers: string[], signal: AbortSignal): Promise<Reply>
  /** Ends what is still in flight. */
  close(): Promise<void>
}

/**
 * Every model at an address shares its connections: enough of them that one slow model does not hold up the others, and
 * few enough that a storm of calls does not turn into a storm of sockets.
 */
const connectionsMax = 256
const connectTimeoutMs = 5000

/** Opens `http://host:port`, `https://…` or `unix:/path.sock`, lazily. Throws `invalid_manifest` for anything else. */
export function openUpstream(replica: string, address: string, bodyBytesMax: number): Upstream {
  const { url, socketPath } = parseAddress(replica, address)
  const pool = new Pool(url.origin, {
    connections: connectionsMax,
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    // The caller's signal limits the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: bodyBytesMax,
    ...(socketPath === undefined ? {} : { socketPath }),
  })
  const base = url.pathname.replace(/\/+$/, '')
  return {
    replica,
    send: (path, body, headers, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const request =
          body === undefined
            ? ({ path: base + path, method: 'GET', headers } as const)
            : ({ path: base + path, method: 'POST', headers, body } as const)
        pool.dispatch(request, new Exchange(resolve, reject, signal))
      }),
    close: () => pool.destroy(),
  }
}

interface Address {
  readonly url: URL
  readonly socketPath?: string
}

function parseAddress(replica: string, address: string): Address {
  if (address.startsWith('unix:/'))
    return { url: new URL('http://localhost'), socketPath: address.slice('unix:'.length) }
  const url = URL.parse(address)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return { url }
  const message = `${replica} is not an address: use http://host:port, https://host:port, unix:/path.sock or embedded`
  throw new AstraError('invalid_manifest', { detail: message, violations: [{ path: 'replicas', message }] })
}
