import type { Trace } from '../../kernel/call.ts'

/** W3C Trace Context, version 00 and, as the specification asks, later versions read as 00. */
const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * Reads the caller's trace, or begins one whose id is the call's own. A malformed header begins a new trace, as the
 * specification asks; it is never a reason to refuse a call.
 */
export function traceFrom(headers: Readonly<Record<string, unknown>>, callId: string): Trace {
  const { traceparent, tracestate } = headers
  const match = typeof traceparent === 'string' ? traceparentPattern.exec(traceparent) : null
  if (!match || match[0].startsWith('ff') || /^0+$/.test(match[1] ?? '') || /^0+$/.test(match[2] ?? '')) {
    return { traceId: callId.replaceAll('-', ''), sampled: false, tracestate: undefined }
  }
  return {
    traceId: match[1] ?? '',
    sampled: (Number.parseInt(match[3] ?? '0', 16) & 1) === 1,
    tracestate: typeof tracestate === 'string' && tracestate.length <= 512 ? tracestate : undefined,
  }
}
