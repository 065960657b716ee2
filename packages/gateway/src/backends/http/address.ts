import { AstraError } from '../../kernel/errors.ts'

/** Where a server listens, and under which path. */
export interface Address {
  readonly origin: string
  /** Without a slash at its end. */
  readonly base: string
  readonly socketPath?: string
}

/** `http://host:port/base`, `https://…` or `unix:/path.sock`. Throws `invalid_manifest` for anything else. */
export function parseAddress(replica: string, address: string): Address {
  if (address.startsWith('unix:/')) {
    return { origin: 'http://localhost', base: '', socketPath: address.slice('unix:'.length) }
  }
  const url = URL.parse(address)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return { origin: url.origin, base: url.pathname.replace(/\/+$/, '') }
  }
  const message = `${replica} is not an address: use http://host:port, https://host:port, unix:/path.sock or embedded`
  throw new AstraError('invalid_manifest', { detail: message, violations: [{ path: 'replicas', message }] })
}

const connectTimeoutMs = 5000
/** An idle connection is not kept longer, whatever the server offers: there may be hundreds of addresses. */
const keepAliveMaxMs = 60_000

/** What every connection to an address has in common. */
export function connectionOptions({ socketPath }: Address) {
  return {
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    keepAliveMaxTimeout: keepAliveMaxMs,
    // The caller's signal limits the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(socketPath === undefined ? {} : { socketPath }),
  } as const
}
