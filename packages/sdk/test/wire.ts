import type { Handler } from './fake-gateway.ts'

/** What a gateway, a proxy in front of it, or a bad line may do with a request. */

export const callId = '0192f0c0-0000-7000-8000-000000000001'
export const head = { id: callId, model: 'spam', version: '1.1' }
export const spamAnswer = { ...head, output: { label: 'spam', score: 0.98 }, cached: false, usage: { items: 1 } }

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return raw(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

export function raw(status: number, body: string, headers: Record<string, string> = {}): Handler {
  return (response) => response.writeHead(status, headers).end(body)
}

export function problemBody(code: string, status: number, more: object = {}): object {
  return {
    type: `urn:astraapi:error:${code}`,
    title: `Title of ${code}`,
    status,
    detail: `Detail of ${code}`,
    code,
    next: 'Do something else.',
    ...more,
  }
}

export function problem(
  code: string,
  status: number,
  more: object = {},
  headers: Record<string, string> = {},
): Handler {
  return json(status, problemBody(code, status, more), {
    'content-type': 'application/problem+json',
    'astra-error-code': code,
    ...headers,
  })
}

export function sse(...events: readonly (readonly [event: string, data: unknown])[]): string {
  return events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')
}

export const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'astra-call-id': callId }

export function stream(...events: readonly (readonly [event: string, data: unknown])[]): Handler {
  return raw(200, sse(...events), streamHeaders)
}

export const wholeStory = [
  ['answer-start', head],
  ['chunk', { text: 'Once ' }],
  ['chunk', { text: 'upon a time' }],
  ['answer-end', { usage: { items: 1, outputTokens: 4 } }],
] as const

/** Sends so much and then nothing more, without an end. */
export function unfinished(text: string, then: () => void = () => {}): Handler {
  return (response) => {
    response.writeHead(200, streamHeaders)
    response.write(text, then)
  }
}

/** Takes the request and breaks the connection. */
export const reset: Handler = (response) => response.socket?.resetAndDestroy()

/** One byte a turn of the event loop, each flushed by itself. */
export function drip(text: string, headers: Record<string, string>): Handler {
  return (response) => {
    response.writeHead(200, headers)
    const bytes = Buffer.from(text)
    const next = (i: number) => {
      if (i === bytes.length) response.end()
      else response.write(bytes.subarray(i, i + 1), () => setImmediate(next, i + 1))
    }
    next(0)
  }
}
