import { ProtocolError, type ProtocolErrorCode } from '@astraapi/oip'
import { AstraError, type ErrorCode } from '../../../kernel/errors.ts'

const codes: Readonly<Partial<Record<ProtocolErrorCode, ErrorCode>>> = {
  invalid: 'invalid_body',
  'too-large': 'body_too_large',
  unsupported: 'unsupported',
}

/** What the codec refuses, as the gateway's own error with the advice given; anything else is handed back as it is. */
export function fromProtocol(thrown: unknown, advice: string): unknown {
  if (!(thrown instanceof ProtocolError)) return thrown
  const code = codes[thrown.code]
  if (!code) return thrown
  const detail = thrown.message.charAt(0).toUpperCase() + thrown.message.slice(1)
  return new AstraError(code, { detail, ...(code === 'invalid_body' ? { next: advice } : {}), cause: thrown })
}
