import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { generate, generateStream } from './fake-generation.ts'

/**
 * A small server of the protocol: its models answer the tensors they were asked with, in JSON or in binary as they were asked,
 * and misbehave when an element says so.
 */
export interface FakeUpstream {
  readonly address: string
  /** Requests that were read and not yet answered. */
  running(): number
  connections(): number
  /** Closes those on which nothing runs. */
  closeIdle(): void
  readonly requests: readonly SeenRequest[]
  /** Replaces the answer to a path, e.g. "/v2/repository/index". */
  answer(path: string, status: number, body: unknown, headers?: Readonly<Record<string, string>>): void
  /** Never answers a path. */
  hang(path: string): void
  /** Breaks off instead of answering a path. */
  cut(path: string): void
  /** Answers what was told to be "!held". */
  letGo(): void
  close(): Promise<void>
}

export interface SeenRequest {
  readonly method: string | undefined
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The caller's end of the connection. */
  readonly port: number | undefined
  /** Its JSON. */
  readonly body: string
  /** What follows the JSON. */
  readonly binary: Buffer
}

/** What the fake says whenever it fails: for operators only. */
export const privateWords = 'secret stack trace of the runtime'

/** What it says of its load. */
export const waiting = 3

/** What a BYTES element `!name` makes of the answer; of several the first in this list. */
export const faults = {
  refused: (response) => end(response, 400, { error: privateWords }),
  failed: (response) => end(response, 500, { error: privateWords }),
  unavailable: (response) => end(response, 503, { error: privateWords }),
  busy: (response) => end(response.setHeader('retry-after', '2'), 503, { error: privateWords }),
  missing: (response) => end(response, 404, { error: privateWords }),
  reset: (response) => response.socket?.resetAndDestroy(),
  closed: (response) => response.socket?.end(),
  nonsense: (response) => response.socket?.end('SSH-2.0-secret\r\n'),
  cut: (response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"outputs":[', () => response.socket?.resetAndDestroy())
  },
  garbage: (response) => response.end('<html>secret</html>'),
  lessRows: (response) => end(response, 200, { outputs: [textTensor([])] }),
  huge: (response) => end(response, 200, { outputs: [textTensor(['x'.repeat(1 << 21)])] }),
  hang: () => {},
} as const satisfies Record<string, (response: ServerResponse) => unknown>

function textTensor(data: readonly string[]) {
  return { name: 'text', shape: [data.length], datatype: 'BYTES', data }
}

export type FaultName = keyof typeof faults

/** Listens at a free port of 127.0.0.1, or at a unix socket. */
export async function openFakeUpstream(socketPath?: string): Promise<FakeUpstream> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  const answers = new Map<string, (response: ServerResponse) => unknown>()
  let running = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    running++
    response.on('close', () => running--)
    const seen = await read(request)
    requests.push(seen)
    const fixed = answers.get(seen.path)
    if (fixed) fixed(response)
    else if (seen.body.includes('"!held"')) held.push(() => run(seen, response))
    else run(seen, response)
  }

  // A caller that leaves before its body was read is nobody's fault.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  return {
    address:
      socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socketPath}`,
    running: () => running,
    connections: () => sockets.size,
    closeIdle: () => server.closeIdleConnections(),
    requests,
    answer: (path, status, body, headers = {}) =>
      answers.set(path, (response) => end(response.setHeaders(new Map(Object.entries(headers))), status, body)),
    hang: (path) => answers.set(path, faults.hang),
    cut: (path) => answers.set(path, faults.reset),
    letGo() {
      for (const answer of held.splice(0)) answer()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Run = (seen: SeenRequest, response: ServerResponse) => void

const routes: Readonly<Record<string, Run>> = {
  infer,
  generate: ({ body }, response) => end(response, 200, generate(body)),
  generate_stream: ({ body }, response) => generateStream(body, response),
}

function run(seen: SeenRequest, response: ServerResponse): void {
  const { body, binary, path } = seen
  const [, name = ''] = /\/(\w+)$/.exec(path) ?? []
  const route = routes[name]
  if (!route) return void end(response, 404, { error: privateWords })
  const told = Object.entries(faults).find(([fault]) => body.includes(`"!${fault}"`) || binary.includes(`!${fault}`))
  // A stream is cut in its own way.
  if (told && !(name === 'generate_stream' && told[0] === 'cut')) return void told[1](response)
  response.setHeader('server-timing', 'queue;dur=1.5, infer;dur=3')
  response.setHeader('endpoint-load-metrics', `TEXT named_metrics.waiting=${waiting}, application_utilization=0.5`)
  route(seen, response)
}

function infer({ body, binary }: SeenRequest, response: ServerResponse): void {
  const { inputs } = JSON.parse(body)
  const json = JSON.stringify({ outputs: inputs })
  if (binary.length === 0) response.writeHead(200, { 'content-type': 'application/json' }).end(json)
  else {
    response.setHeader('inference-header-content-length', Buffer.byteLength(json))
    response.end(Buffer.concat([Buffer.from(json), binary]))
  }
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const body = await buffer(request)
  const jsonLength = Number(request.headers['inference-header-content-length'] ?? body.length)
  return {
    method: request.method,
    path: request.url ?? '',
    headers: request.headers,
    port: request.socket.remotePort,
    body: body.toString('utf8', 0, jsonLength),
    binary: body.subarray(jsonLength),
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
