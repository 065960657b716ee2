/** A failure as the Open Inference Protocol tells it: `message` goes to the caller, `cause` only to the log. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode
  /** Set where the server is merely busy: when to come again. Without it, `unavailable` means that it is not there. */
  readonly retryAfterMs: number | undefined

  constructor(code: ProtocolErrorCode, message: string, options?: ProtocolErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}

export interface ProtocolErrorOptions {
  readonly cause?: unknown
  readonly retryAfterMs?: number
}

/** Every code with the HTTP status it is answered with. */
export const PROTOCOL_ERROR_STATUS = {
  invalid: 400,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
} as const

export type ProtocolErrorCode = keyof typeof PROTOCOL_ERROR_STATUS

/** A 400 whose message says what the caller has to change. */
export function invalid(message: string): ProtocolError {
  return new ProtocolError('invalid', message)
}

const QUOTE_MAX = 60

/** An outside value, short enough for a message. */
export function quote(value: unknown): string {
  const text = preview(value, QUOTE_MAX)
  return text.length <= QUOTE_MAX ? text : `${text.slice(0, QUOTE_MAX - 3)}...`
}

// JSON text that goes no further than a message has room for: JSON.stringify would walk all of a body that may be
// large, and overflow the stack on one that is nested deep.
function preview(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, QUOTE_MAX))
  if (typeof value !== 'object' || value === null) return String(value)
  const isArray = Array.isArray(value)
  const entries: Iterable<readonly [unknown, unknown]> = isArray ? value.entries() : Object.entries(value)
  let text = ''
  for (const [key, item] of entries) {
    if (text.length > room) break
    if (text !== '') text += ','
    if (!isArray) text += `${preview(key, room)}:`
    text += preview(item, room - text.length - 1)
  }
  return isArray ? `[${text}]` : `{${text}}`
}
