import { invalidOption } from './link.ts'

/** What a call may say besides its input. */
export interface CallOptions extends RequestOptions {
  /** Sticky key: the same unit keeps meeting the same version. */
  readonly unit?: string | undefined
  /** Session of the caller; the sticky key where there is no unit. */
  readonly session?: string | undefined
  /** Pins an exact version, for tests and debugging. */
  readonly version?: string | undefined
  /** Your own id of this call, for later feedback. */
  readonly reference?: string | undefined
  /** Kept with the call's record. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** `no-cache` asks anew and keeps the answer; `no-store` does not keep it either. */
  readonly cache?: 'default' | 'no-cache' | 'no-store' | undefined
  /** The first answer to it is kept for a day, and given to every repeat of the same request by the same consumer. */
  readonly idempotencyKey?: string | undefined
}

/** What any request may say. */
export interface RequestOptions {
  /** One limit for all attempts, the waits between them and a stream to its end. */
  readonly timeoutMs?: number | undefined
  /** Ends the request at once when it aborts. */
  readonly signal?: AbortSignal | undefined
}

const textHeaders = {
  unit: 'astra-unit',
  session: 'astra-session',
  version: 'astra-version',
  reference: 'astra-reference',
  idempotencyKey: 'idempotency-key',
} as const satisfies Partial<Record<keyof CallOptions, string>>

/** The headers that carry the options; the time limit goes out with each attempt. Throws `invalid_option`. */
export function callHeaders(options: CallOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, header] of Object.entries(textHeaders)) {
    const value = options[name as keyof typeof textHeaders]
    if (value !== undefined) headers[header] = headerText(name, value)
  }
  const { tags, cache } = options
  if (tags && Object.keys(tags).length > 0) headers['astra-tags'] = tagsText(tags)
  if (cache !== undefined && cache !== 'default') headers['cache-control'] = headerText('cache', cache)
  return headers
}

/** fetch would drop the spaces at the ends, and refuse the rest with an error that tells nothing. */
function headerText(name: string, value: string): string {
  if (/^[!-~](?:[ -~]*[!-~])?$/.test(value)) return value
  throw invalidOption(name, 'must be printable ASCII text, not empty and without spaces at its ends')
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, value]) => {
    if (/[,=]|^ | $/.test(key + value)) throw invalidOption('tags', 'may hold no ",", no "=" and no spaces at the ends')
    return `${key}=${value}`
  })
  return headerText('tags', pairs.join(','))
}
