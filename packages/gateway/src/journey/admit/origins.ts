import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { AstraError } from '../../kernel/errors.ts'

/**
 * Cross-origin resource sharing (fetch.spec.whatwg.org), per consumer. There are no cookies here, so no page can call in somebody's name: a
 * page has a token or it has none. What origins bind is where a token that got out can be used from a browser.
 */

/** What a page may read of an answer besides its body. */
const exposed = [
  'Astra-Call-Id',
  'Astra-Version',
  'Astra-Error-Code',
  'Astra-Cache',
  'Astra-Cache-Similarity',
  'Astra-Estimated',
  'Age',
  'Idempotent-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Server-Timing',
  'ETag',
  'Deprecation',
  'Sunset',
  'Link',
  'WWW-Authenticate',
  'Request-Id',
  'X-Request-Id',
  'X-Should-Retry',
  'Retry-After-Ms',
  'Inference-Header-Content-Length',
  ...['Requests', 'Tokens'].flatMap((kind) =>
    ['Limit', 'Remaining', 'Reset'].flatMap((fact) => [
      `X-RateLimit-${fact}-${kind}`,
      `Anthropic-RateLimit-${kind}-${fact}`,
    ]),
  ),
].join(', ')

const preflightSeconds = '600'

type Headers = Readonly<Record<string, string>>

/** A preflight comes without a key: any consumer's origin is let in, and the call itself decides. Undefined for another OPTIONS. */
export function preflight(headers: IncomingHttpHeaders, { state }: Catalog): Headers | undefined {
  const { origin, 'access-control-request-method': asked } = headers
  if (origin === undefined || asked === undefined) return undefined
  if (!allOrigins(state).has(origin)) throw forbidden('No consumer here lists the origin of this page')
  const wanted = headers['access-control-request-headers']
  return {
    ...allowed(origin),
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    // Whatever headers they are: who calls is decided by the key alone, and no header of a page takes its place.
    ...(wanted !== undefined && headerNames.test(wanted) ? { 'access-control-allow-headers': wanted } : {}),
    'access-control-max-age': preflightSeconds,
    vary: 'Origin, Access-Control-Request-Headers',
  }
}

/**
 * For the answer to a request from a page. A consumer that lists origins is called from those only, and from pages of this gateway's own;
 * of one that lists none the browser keeps the answer from the page. Throws `origin_forbidden`.
 */
export function originHeaders(origin: string, host: string | undefined, caller: Caller, catalog: Catalog): Headers {
  const origins = catalog.consumer(caller.consumer)?.origins
  if (!origins || origins.length === 0) return vary
  if (origins.includes(origin)) return exposing(origin)
  // Browsers name the origin in requests to the same one, too.
  if (host !== undefined && URL.parse(origin)?.host === host) return vary
  throw forbidden(`The consumer "${caller.consumer}" does not list the origin of this page`)
}

/** For a refusal before the caller is known, so that a page learns that its token has expired. */
export function strangerHeaders(origin: string, { state }: Catalog): Headers {
  return allOrigins(state).has(origin) ? exposing(origin) : vary
}

const vary = { vary: 'Origin' } as const
const headerNames = /^[\w-]+(?:, ?[\w-]+){0,63}$/

function allowed(origin: string) {
  return { 'access-control-allow-origin': origin } as const
}

function exposing(origin: string): Headers {
  return { ...allowed(origin), 'access-control-expose-headers': exposed, ...vary }
}

const known = new WeakMap<CatalogState, ReadonlySet<string>>()

function allOrigins(state: CatalogState): ReadonlySet<string> {
  const before = known.get(state)
  if (before) return before
  const origins = new Set(Object.values(state.consumers).flatMap((consumer) => consumer.origins ?? []))
  known.set(state, origins)
  return origins
}

function forbidden(detail: string): AstraError {
  return new AstraError('origin_forbidden', { detail })
}
