import type { AttemptContext } from '../../kernel/backend.ts'
import { headerLengthName } from './reply.ts'

/** Of a request whose body is JSON. Names and values in turn, as undici takes them. */
export function jsonHeaders(context: AttemptContext): string[] {
  return ['content-type', 'application/json', ...own(context)]
}

/** Of a request with tensors; `headerLength`: how much of its body is JSON, where binary follows. */
export function tensorHeaders(context: AttemptContext, headerLength: number | undefined): string[] {
  if (headerLength === undefined) return jsonHeaders(context)
  return ['content-type', 'application/octet-stream', headerLengthName, String(headerLength), ...own(context)]
}

function own({ callId, traceparent, tracestate }: AttemptContext): string[] {
  const headers = ['astra-call-id', callId, 'traceparent', traceparent, 'endpoint-load-metrics-format', 'text']
  if (tracestate !== undefined) headers.push('tracestate', tracestate)
  return headers
}
