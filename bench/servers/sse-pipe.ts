import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { argv } from 'node:process'
import { type Dispatcher, Pool } from 'undici'

// The least that passing a stream on can cost in Node: each piece is written as it comes, unread; a slow reader holds the
// upstream back. Started as a process of its own: sse-pipe.ts UPSTREAM
const upstream = new Pool(argv[2] ?? '', { connections: 1024, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })

class Piping implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#response.writeHead(status, { 'content-type': 'text/event-stream' })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#response.end()
  }

  onResponseError(): void {
    this.#response.destroy()
  }
}

const server = createServer((request, response) => {
  const body: Buffer[] = []
  request.on('data', (chunk: Buffer) => body.push(chunk))
  request.on('end', () => {
    const { url = '/', headers } = request
    const type = headers['content-type'] ?? 'application/json'
    const sent = Buffer.concat(body)
    upstream.dispatch({ path: url, method: 'POST', headers: ['content-type', type], body: sent }, new Piping(response))
  })
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
