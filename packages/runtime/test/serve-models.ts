import { pino } from 'pino'
import { createRuntime, type Runtime, type RuntimeOptions } from '../src/server/create-runtime.ts'
import type { HasEnd } from './write-models.ts'

export interface Served {
  readonly runtime: Runtime
  readonly url: string
  /** What was logged, one object a line. */
  readonly logged: readonly Readonly<Record<string, unknown>>[]
  /** Sends a body as it is, without a Content-Type unless one is given. */
  send(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>
  infer(model: string, request: unknown): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: unknown
}

/** A server in this process on a free port; it has not loaded its models yet. Closed when the test ends. */
export async function serveModels(t: HasEnd, models: string, options: Partial<RuntimeOptions> = {}): Promise<Served> {
  const logged: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const runtime = await createRuntime({ models, log, ...options })
  t.after(() => runtime.close(1000))
  const url = `http://${await runtime.listen('127.0.0.1:0')}`

  const send: Served['send'] = async (method, path, body, headers = {}) => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const reply = await fetch(url + path, { method, headers, body: bytes === undefined ? null : Buffer.from(bytes) })
    const text = await reply.text()
    return { status: reply.status, headers: reply.headers, text, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    runtime,
    url,
    logged,
    send,
    infer: (model, request) => send('POST', `/v2/models/${model}/infer`, JSON.stringify(request)),
  }
}
