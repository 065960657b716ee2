/** A failure as the Open Inference Protocol tells it: `message` goes to the caller, `cause` only to the log. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'ProtocolError'
    this.code = code
  }
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

/** An outside value, short enough for a message. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
