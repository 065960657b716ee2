import { isProblem, type Problem, refusal, unreachable } from './failures.ts'
import { patientFetch } from './patient-fetch.ts'
import { readEvents, type ServerSentEvent } from './sse.ts'

/** A gateway as the commands see it. Rejects with a Failure: refused, or unreachable. */
export interface Client {
  /** `path` is below the gateway's address, e.g. "/api/v1/calls". */
  request<Data>(method: string, path: string, options?: RequestOptions): Promise<Reply<Data>>
  /** The answer as it comes. */
  stream(path: string, options: RequestOptions): AsyncIterable<ServerSentEvent>
}

export interface RequestOptions {
  /** Lists are joined by commas; what is undefined is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** An ETag without its quotes. */
  readonly ifMatch?: string
  /** The answer may take minutes. */
  readonly patient?: boolean
}

export interface Reply<Data> {
  /** Taken on trust. */
  readonly data: Data
  /** As it came, for `--json`: numbers that JavaScript would round are whole in it. */
  readonly text: string
}

export function createClient(url: string, key: string): Client {
  const base = url.replace(/\/+$/, '')

  async function send(method: string, path: string, options: RequestOptions, accept: string): Promise<Response> {
    const { query = {}, body, headers = {}, ifMatch, patient = false } = options
    const search = new URLSearchParams(
      Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined),
    )
    try {
      return await (patient ? patientFetch : fetch)(`${base}${path}${search.size > 0 ? `?${search}` : ''}`, {
        method,
        headers: {
          accept,
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      })
    } catch (error) {
      throw unreachable(
        `No gateway answers at ${base} (${reasonOf(error)}). Start one with "astraapi start", or name it with --url.`,
      )
    }
  }

  return {
    async request<Data>(method: string, path: string, options: RequestOptions = {}) {
      const response = await send(method, path, options, 'application/json')
      const text = await response.text()
      const data = parse(text)
      if (!response.ok || data === undefined) throw failureOf(response, `${base}${path}`, data)
      return { data: data as Data, text }
    },
    async *stream(path, options) {
      const response = await send('POST', path, options, 'text/event-stream')
      if (!response.ok || !response.body) throw failureOf(response, `${base}${path}`, parse(await response.text()))
      yield* readEvents(response.body)
    },
  }
}

function failureOf(response: Response, url: string, data: unknown) {
  if (isProblem(data)) return refusal(isCall(url) ? inTheInput(data) : data)
  return unreachable(
    `${response.url || url} answered HTTP ${response.status}, but not as AstraAPI does. Is the address right?`,
  )
}

function isCall(url: string): boolean {
  return new URL(url).pathname.startsWith('/models/')
}

/** What a model's input calls its fields is no flag. */
function inTheInput({ errors, ...problem }: Problem): Problem {
  return errors ? { ...problem, violations: errors } : problem
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return ('code' in cause && typeof cause.code === 'string' && cause.code) || cause.message
}
