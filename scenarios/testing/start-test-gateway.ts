import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, type StartOptions, startGateway } from '@astraapi/gateway'

export const probeManifest = new URL('./probe.yaml', import.meta.url).pathname
export const emptyModels = new URL('./no-models', import.meta.url).pathname
export const repositoryModels = new URL('../../models', import.meta.url).pathname

/** A gateway in this process, over a data folder of its own that goes when it stops. */
export interface TestGateway extends Gateway {
  readonly data: string
  readonly adminKey: string
  /** Sends JSON and reads JSON; `key` defaults to the admin's. */
  ask(method: string, path: string, body?: unknown, init?: AskInit): Promise<Reply>
  graphql(query: string, variables?: Record<string, unknown>, init?: AskInit): Promise<Reply>
}

export interface AskInit {
  readonly key?: string
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came back, and fails where it is not what it says.
  readonly body: any
}

export async function startTestGateway(over: Partial<StartOptions> = {}): Promise<TestGateway> {
  const data = over.data ?? (await mkdtemp(join(tmpdir(), 'astra-test-')))
  const gateway = await startGateway({
    listen: '127.0.0.1:0',
    data,
    config: probeManifest,
    models: emptyModels,
    logLevel: 'silent',
    ...over,
  })
  const adminKey = over.adminKey ?? (await readFile(gateway.adminKeyPath ?? '', 'utf8')).trim()
  const ask = (method: string, path: string, body?: unknown, init: AskInit = {}) =>
    askAt(gateway.url + path, method, body, { key: adminKey, ...init })
  return {
    ...gateway,
    data,
    adminKey,
    ask,
    graphql: (query, variables, init) => ask('POST', '/graphql', { query, variables }, init),
    async stop() {
      await gateway.stop()
      if (!over.data) await rm(data, { recursive: true, force: true })
    },
  }
}

/** A string is sent as it is, anything else as JSON. */
async function askAt(url: string, method: string, body: unknown, { key, headers, signal }: AskInit): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
