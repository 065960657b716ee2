import type { CallOptions } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'
import { nearest } from '../../kernel/schema/nearest.ts'

/**
 * The call options, one table for every door: the header, the name in GraphQL's `options:` and the SDK's second argument,
 * and how a value is read from text. Values are bounded here, once.
 */
export const callOptionTable = {
  unit: option('Astra-Unit', 'Sticky key: the same unit keeps meeting the same version', text(256)),
  session: option('Astra-Session', 'Session of the caller; the sticky key where there is no unit', text(256)),
  version: option('Astra-Version', 'Pins an exact version, for tests and debugging', text(64)),
  timeoutMs: option('Astra-Timeout', 'Time limit, e.g. 2.5s or 800ms', duration),
  reference: option('Astra-Reference', "The caller's own id of this call, for later feedback", text(256)),
  tags: option('Astra-Tags', 'a=b,c=d: at most 16, kept in the Record', tags),
  cache: option(
    'Cache-Control',
    'no-cache asks anew and keeps the answer; no-store does not keep it either',
    cacheControl,
  ),
  idempotencyKey: option(
    'Idempotency-Key',
    'The first answer is kept for a day, and given to every repeat of the same request',
    text(256),
  ),
} as const satisfies Record<keyof CallOptions, CallOption>

export interface CallOption {
  readonly header: string
  readonly summary: string
  /** Reads a header's text or a structured value; returns undefined for "as if left out", throws a sentence otherwise. */
  readonly read: (value: unknown) => unknown
}

const entries = Object.entries(callOptionTable).map(
  ([name, { header, read }]) => ({ name, key: header.toLowerCase(), header, read }) as const,
)

/** Besides the options: what a client may send back that it got. */
const known = new Set([...entries.map(({ key }) => key), 'astra-call-id', 'astra-error-code'])

/** A typo would else switch stickiness or a pin off without a word. */
function unknownOption(key: string): AstraError {
  const header = nearest(
    key,
    entries.map((entry) => entry.key),
  )
  const meant = entries.find((entry) => entry.key === header)?.header
  return new AstraError('invalid_option', {
    detail: `"${key.slice(0, 64)}" is no call option`,
    ...(meant ? { next: `Did you mean "${meant}"?` } : {}),
    violations: [
      {
        path: key.slice(0, 64),
        message: 'is no call option',
        ...(meant ? { suggestion: `Did you mean "${meant}"?` } : {}),
      },
    ],
  })
}

/** From HTTP headers. Throws `invalid_option` naming the header. */
export function optionsFromHeaders(headers: Readonly<Record<string, unknown>>): CallOptions {
  const options: Record<string, unknown> = {}
  for (const key in headers) {
    if (key.startsWith('astra-') && !known.has(key)) throw unknownOption(key)
  }
  for (const { name, key, header, read } of entries) {
    const value = headers[key]
    if (value !== undefined) put(options, name, header, read, value)
  }
  return options
}

/** From a structured `options` argument (GraphQL, SDK names). Null means left out. Throws `invalid_option`. */
export function optionsFromObject(value: Readonly<Record<string, unknown>> | null | undefined): CallOptions {
  const options: Record<string, unknown> = {}
  if (!value) return options
  for (const { name, read } of entries) {
    const given = value[name]
    if (given !== undefined && given !== null) put(options, name, name, read, given)
  }
  return options
}

function put(
  into: Record<string, unknown>,
  name: string,
  shown: string,
  read: (v: unknown) => unknown,
  value: unknown,
) {
  const result = read(value)
  if (result instanceof Fault) {
    throw new AstraError('invalid_option', {
      detail: `${shown} ${result.message}`,
      violations: [{ path: shown, message: result.message }],
    })
  }
  if (result !== undefined) into[name] = result
}

class Fault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function option(header: string, summary: string, read: CallOption['read']): CallOption {
  return { header, summary, read }
}

/** Visible ASCII and space only: these values go into Records, logs and headers. */
function text(charactersMax: number) {
  return (value: unknown) => {
    if (typeof value !== 'string') return new Fault('must be given once, as text')
    if (value.length === 0 || value.length > charactersMax)
      return new Fault(`must have 1 to ${charactersMax} characters`)
    return printable(value) ? value : new Fault('may hold printable ASCII characters only')
  }
}

function printable(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 32 || code > 126) return false
  }
  return true
}

function duration(value: unknown) {
  if (typeof value === 'number') return milliseconds(value)
  const match = typeof value === 'string' ? /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)$/.exec(value) : null
  if (!match) return new Fault('must be a duration such as 2.5s, 800ms or 1m')
  return milliseconds(Number(match[1]) * (match[2] === 'm' ? 60_000 : match[2] === 's' ? 1000 : 1))
}

function milliseconds(value: number) {
  return value >= 1 && value <= 3_600_000 ? Math.round(value) : new Fault('must lie between 1ms and 60m')
}

function tags(value: unknown) {
  const pairs = typeof value === 'string' ? value.split(',').map((pair) => pair.trim().split('=')) : objectPairs(value)
  if (!pairs || pairs.some((pair) => pair.length !== 2)) return new Fault('must be pairs such as team=search,tier=gold')
  if (pairs.length > 16) return new Fault('may hold at most 16 pairs')
  const result: Record<string, string> = {}
  for (const [key = '', tag = ''] of pairs) {
    if (!/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/.test(key)) return new Fault('keys must match [A-Za-z][A-Za-z0-9_.-]{0,31}')
    if (tag.length > 64 || !printable(tag)) return new Fault('values may hold at most 64 printable ASCII characters')
    result[key] = tag
  }
  return result
}

function objectPairs(value: unknown): string[][] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value).map(([key, tag]) => (typeof tag === 'string' ? [key, tag] : []))
}

/** Directives of other senders (browsers, proxies) are none of ours and mean nothing here. */
function cacheControl(value: unknown) {
  if (typeof value !== 'string') return new Fault('must be no-cache or no-store')
  if (/(^|[\s,])no-store($|[\s,])/i.test(value)) return 'no-store'
  return /(^|[\s,])no-cache($|[\s,])/i.test(value) ? 'no-cache' : undefined
}
