import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A small server of the protocol: its models answer the tensors they were asked with, and misbehave when an element says so. */
export interface FakeUpstream {
  readonly address: string
  /** Requests that were read and not yet answered. */
  running(): number
  readonly requests: readonly SeenRequest[]
  /** Replaces the answer to a path, e.g. "/v2/repository/index". */
  answer(path: string, status: number, body: unknown): void
  /** Never answers a path. */
  hang(path: string): void
  close(): Promise<void>
}

export interface SeenRequest {
  readonly method: string | undefined
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The caller's end of the connection. */
  readonly port: number | undefined
  readonly body: string
}

/** What the fake says whenever it fails: for operators only. */
export const privateWords = 'secret stack trace of the runtime'

/** What a BYTES element `!name` makes of the answer; of several the first in this list. */
export const faults = {
  refused: (response) => end(response, 400, { error: privateWords }),
  failed: (response) => end(response, 500, { error: privateWords }),
  unavailable: (response) => end(response.setHeader('retry-after', '2'), 503, { error: privateWords }),
  missing: (response) => end(response, 404, { error: privateWords }),
  reset: (response) => response.socket?.resetAndDestroy(),
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
  const answers = new Map<string, (response: ServerResponse) => unknown>()
  let running = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    running++
    response.on('close', () => running--)
    const seen = await read(request)
    requests.push(seen)
    const fixed = answers.get(seen.path)
    if (fixed) fixed(response)
    else if (seen.path.endsWith('/infer')) infer(seen, response)
    else end(response, 404, { error: privateWords })
  }

  // A caller that leaves before its body was read is nobody's fault.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  return {
    address:
      socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socketPath}`,
    running: () => running,
    requests,
    answer: (path, status, body) => answers.set(path, (response) => end(response, status, body)),
    hang: (path) => answers.set(path, faults.hang),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function infer({ body }: SeenRequest, response: ServerResponse): void {
  const { inputs } = JSON.parse(body) as { readonly inputs: readonly { readonly data: readonly unknown[] }[] }
  const elements = inputs.flatMap(({ data }) => data)
  const told = Object.entries(faults).find(([name]) => elements.includes(`!${name}`))
  if (told) told[1](response)
  else end(response.setHeader('server-timing', 'queue;dur=1.5, infer;dur=3'), 200, { outputs: inputs })
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  return {
    method: request.method,
    path: request.url ?? '',
    headers: request.headers,
    port: request.socket.remotePort,
    body: await text(request),
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
