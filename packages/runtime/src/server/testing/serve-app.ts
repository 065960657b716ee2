import { type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type Datatype, isDatatype, ProtocolError, type Tensor } from '@astraapi/oip'
import { pino } from 'pino'
import type { LoadedVersion } from '../../repository/loaded-version.ts'
import type { Repository } from '../../repository/repository.ts'
import { createApp } from '../create-app.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came, still packed. */
  readonly body: Buffer
}

export interface Sending {
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface ServedApp {
  readonly port: number
  readonly server: Server
  /** The options of every inference. */
  readonly inferences: readonly Parameters<LoadedVersion['infer']>[2][]
  readonly unloaded: readonly string[]
  send(method: string, path: string, sending?: Sending): Promise<Reply>
}

export interface ServeAppOptions {
  readonly bodyBytesMax?: number
  readonly allBodyBytesMax?: number
  /** Stands in for every inference. */
  readonly infer?: LoadedVersion['infer']
}

/**
 * The HTTP side over a repository that has a model for every datatype, named for it in lower case, which answers its
 * inputs: `x` of any shape.
 */
export async function serveApp(
  t: TestContext,
  { infer = echo, bodyBytesMax = 1 << 20, ...options }: ServeAppOptions = {},
): Promise<ServedApp> {
  const inferences: Parameters<LoadedVersion['infer']>[2][] = []
  const unloaded: string[] = []
  const repository: Repository = {
    loadFound: async () => {},
    load: async () => {},
    unload: async (name) => void unloaded.push(name),
    find(name) {
      const datatype = name.toUpperCase()
      if (!isDatatype(datatype)) throw new ProtocolError('not-found', `There is no model ${name}`)
      return echoVersion(name, datatype, async (inputs, outputs, how) => {
        inferences.push(how)
        return infer(inputs, outputs, how)
      })
    },
    count: () => {},
    state: () => 'state-1',
    names: () => ['fp32'],
    readyVersions: () => ['1'],
    index: () => [{ name: 'fp32', version: '1', state: 'READY', reason: '' }],
    close: async () => {},
  }
  const app = createApp({
    repository,
    bodyBytesMax,
    ...options,
    log: pino({ level: 'silent' }),
    notReady: () => undefined,
    metrics: async () => 'a_metric 1\n',
  })
  t.after(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { server } = app
  const { port } = server.address() as AddressInfo
  return { port, server, inferences, unloaded, send: (method, path, sending) => exchange(port, method, path, sending) }
}

const echo = async (inputs: readonly Tensor[]) => ({ outputs: inputs, queueMs: 1, computeMs: 2, batchRows: 1 })

function echoVersion(name: string, datatype: Datatype, infer: LoadedVersion['infer']): LoadedVersion {
  const tensors = [{ name: 'x', datatype, shape: [] }]
  return {
    name,
    version: '1',
    digest: 'sha256:0',
    identity: undefined,
    platform: 'echo',
    signature: { inputs: tensors, outputs: tensors },
    generates: false,
    infer,
    generate: async () => {
      throw new ProtocolError('invalid', `${name} generates no text`)
    },
    waiting: () => 3,
    fault: () => undefined,
    close: async () => {},
  }
}

// Not fetch, which asks for gzip by itself and unpacks it.
function exchange(port: number, method: string, path: string, { body, headers = {} }: Sending = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body)
    const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) }
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...length, ...headers } }, (response) => {
      response
        .toArray()
        .then(
          (chunks) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          reject,
        )
    })
    sent.once('error', reject)
    sent.end(bytes)
  })
}
