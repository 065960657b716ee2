import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { errorFrom } from './errors.ts'

/** How a client reaches its gateway. */
export interface AstraOptions {
  /** The gateway's address, e.g. `https://astra.example.com`; a path in front of its doors is kept. */
  readonly url: string
  /** A key made by `astraapi keys create`. */
  readonly key: string
  /** Default: the global fetch. */
  readonly fetch?: Fetch
  /** One limit for all attempts, the waits between them and a stream to its end. Default: the contract's own. */
  readonly timeoutMs?: number
  /** How often a call that surely did not start upstream is repeated. Default: 2. */
  readonly retries?: number
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** For tests. */
  readonly clock?: Clock
  /** For tests: in [0, 1). */
  readonly random?: () => number
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The options, checked and with their defaults. */
export interface Link {
  /** Without a slash at its end. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: Fetch
  readonly timeoutMs: number | undefined
  readonly retries: number
  readonly clock: Clock
  readonly random: () => number
}

/** Throws an InputError (`invalid_option`) naming the option; the key itself is never in its text. */
export function openLink(options: AstraOptions): Link {
  const key = options.key.trim()
  if (!/^https?:\/\/[^/]/.test(options.url) || !URL.canParse(options.url))
    throw invalidOption('url', 'must be an address such as https://astra.example.com')
  if (!/^[!-~]+$/.test(key)) throw invalidOption('key', 'must be a key as "astraapi keys create" printed it')
  const retries = options.retries ?? 2
  if (!Number.isInteger(retries) || retries < 0) throw invalidOption('retries', 'must be 0 or a positive integer')
  return {
    url: options.url.replace(/\/+$/, ''),
    headers: { ...options.headers, authorization: `Bearer ${key}` },
    // Looked up late, and called unbound: a browser's fetch refuses a foreign `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs: checkTimeoutMs(options.timeoutMs),
    retries,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  }
}

/** The gateway takes 1 ms to 60 min. */
export function checkTimeoutMs(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || (timeoutMs >= 1 && timeoutMs <= 3_600_000)) return timeoutMs
  throw invalidOption('timeoutMs', 'must lie between 1 and 3600000')
}

export function invalidOption(name: string, message: string) {
  return errorFrom({
    code: 'invalid_option',
    detail: `${name} ${message}`,
    next: 'Correct the option that is named; nothing was sent.',
  })
}
