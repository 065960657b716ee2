import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A real HTTP server that answers as it is told: each request takes the next handler, the last one stays. */
export interface FakeGateway {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** Replaces the handlers. */
  play(...handlers: Handler[]): void
}

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON, or undefined where there was no body. */
  readonly body: unknown
  /** Resolves when the connection closed before the answer was complete. */
  readonly left: Promise<void>
}

export type Handler = (response: ServerResponse, request: ReceivedRequest) => void

/** Closes itself, open connections too, when the test is over. */
export async function startFakeGateway(t: TestContext, ...handlers: Handler[]): Promise<FakeGateway> {
  const requests: ReceivedRequest[] = []
  let queue = handlers
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    const received: ReceivedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
      left: new Promise((resolve) => {
        response.once('close', () => {
          if (!response.writableFinished) resolve()
        })
      }),
    }
    requests.push(received)
    const handler = queue.length > 1 ? queue.shift() : queue[0]
    if (handler) handler(response, received)
    else response.destroy()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    play(...next) {
      queue = next
    },
  }
}
