import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { argv } from 'node:process'
import { type Dispatcher, Pool } from 'undici'

// The least that a gateway written for Node can cost: node:http before, undici's dispatch behind, JSON read and written
// again on both ways, and nothing else. Started as a process of its own: bare-proxy.ts UPSTREAM
const upstream = new Pool(argv[2] ?? '', { connections: 256, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })

class Passing implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #chunks: Buffer[] = []
  #status = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    send(this.#response, this.#status, JSON.stringify(JSON.parse(joined(this.#chunks))))
  }

  onResponseError(_: unknown, error: Error): void {
    send(this.#response, 502, JSON.stringify({ error: error.message }))
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = JSON.stringify(JSON.parse(joined(chunks)))
    const headers = ['content-type', 'application/json']
    upstream.dispatch({ path: request.url ?? '/', method: 'POST', headers, body }, new Passing(response))
  })
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))

function joined(chunks: readonly Buffer[]): string {
  const [first] = chunks
  return (first && chunks.length === 1 ? first : Buffer.concat(chunks)).toString()
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
