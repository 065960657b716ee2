import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { fakeChat, fakeCompletions } from './fake-chat.ts'
import { type Blocks, type FaultName, faults } from './fake-faults.ts'
import { fakeEmbeddings, fakeModerations } from './fake-lists.ts'
import { fakeCountTokens, fakeMessages } from './fake-messages.ts'
import type { FakeAnswer, FakeEndpoint } from './fake-protocol.ts'
import { fakeResponses } from './fake-responses.ts'
import { isObject, type Json } from './fake-turn.ts'

/**
 * A vendor's server, after its documented wire protocol. Its model echoes the last user text word by word, calls the first tool with
 * {"city":"Paris"} when the text contains "use the tool", and fills a JSON Schema that it is given. It misbehaves as it is
 * scripted, or where the text begins with "!" and the name of a fault.
 */
export interface FakeVendor {
  /** With /v1 at its end. */
  readonly url: string
  /** What the next requests meet, in turn; undefined: a good answer. */
  script(...next: readonly (Scripted | undefined)[]): void
  /** The last thousand. */
  readonly requests: readonly SeenRequest[]
  /** Requests that were read, and whose connection is not done. */
  running(): number
  connections(): number
  /** Answers what was told to be held. */
  letGo(): void
  close(): Promise<void>
}

/** A fault by name, or the manner in which a good stream is written. */
export type Scripted =
  | FaultName
  /** Bytes per write, so that events and characters are cut anywhere; with a pause after each, in ms. */
  | { readonly bytes: number; readonly pauseMs?: number }
  /** Answered with this, whatever the request. */
  | { readonly status: number; readonly body: string | Buffer; readonly headers?: Readonly<Record<string, string>> }

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly body: Json
}

const endpoints = {
  openai: {
    '/chat/completions': fakeChat,
    '/completions': fakeCompletions,
    '/responses': fakeResponses,
    '/embeddings': fakeEmbeddings,
    '/moderations': fakeModerations,
  },
  anthropic: { '/messages': fakeMessages, '/messages/count_tokens': fakeCountTokens },
} as const satisfies Record<string, Readonly<Record<string, FakeEndpoint>>>

const requestsMax = 1000

export async function startFakeVendor({
  protocol,
}: {
  readonly protocol: keyof typeof endpoints
}): Promise<FakeVendor> {
  const known: Readonly<Record<string, FakeEndpoint>> = endpoints[protocol]
  const requests: SeenRequest[] = []
  const scripted: (Scripted | undefined)[] = []
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let running = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    running++
    response.on('close', () => running--)
    const bytes = await buffer(request)
    const parsed: unknown = JSON.parse(bytes.toString() || '{}')
    const body = isObject(parsed) ? parsed : {}
    const path = request.url ?? ''
    requests.push({ path, headers: request.headers, bytes, body })
    if (requests.length > requestsMax) requests.shift()
    const name = Object.keys(known).find((end) => path.split('?')[0]?.endsWith(end))
    const endpoint = name === undefined ? undefined : known[name]
    if (!endpoint) return void response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    const answer = endpoint.answer(body)
    const next = scripted.length > 0 ? scripted.shift() : toldBy(answer)
    if (typeof next === 'object' && 'status' in next) {
      return void response.writeHead(next.status, next.headers).end(next.body)
    }
    const behave = (change?: (blocks: Blocks) => readonly string[]) =>
      void write(response, answer, change, typeof next === 'object' ? next : undefined)
    if (typeof next !== 'string') return behave()
    const sent = JSON.stringify(request.headers)
    faults[next]({ endpoint, answer, response, sent, behave, hold: () => held.push(behave) })
  }

  // A caller that leaves before its body was read is nobody's fault.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    script: (...next) => void scripted.push(...next),
    requests,
    running: () => running,
    connections: () => sockets.size,
    letGo() {
      for (const answer of held.splice(0)) answer()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** "!busy for me" is told to be busy. */
function toldBy({ text }: FakeAnswer): FaultName | undefined {
  const [, name = ''] = /^!(\w+)/.exec(text) ?? []
  return Object.hasOwn(faults, name) ? (name as FaultName) : undefined
}

async function write(
  response: ServerResponse,
  { whole, stream }: FakeAnswer,
  change: (blocks: Blocks) => readonly string[] = (blocks) => Object.values(blocks).flat(),
  manner: { readonly bytes: number; readonly pauseMs?: number } | undefined,
): Promise<void> {
  const head = {
    'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': 'req_fake',
  }
  response.writeHead(200, head)
  if (!stream) return void response.end(JSON.stringify(whole))
  const blocks = change({ ...stream, end: [stream.end] })
  if (!manner) {
    for (const block of blocks) response.write(block)
    return void response.end()
  }
  const bytes = Buffer.from(blocks.join(''))
  for (let from = 0; from < bytes.length && !response.destroyed; from += manner.bytes) {
    response.write(bytes.subarray(from, from + manner.bytes))
    await (manner.pauseMs ? setTimeout(manner.pauseMs) : setImmediate())
  }
  response.end()
}
