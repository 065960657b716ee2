import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, Protocol, Said } from './protocols/protocol.ts'

export const privateWords = 'the fake was told to fail'

const json = { 'content-type': 'application/json' }

/** What the last text tells the fake to do, as a word in brackets: "[busy]". */
export const misbehaviours = {
  busy: answerError(429, { 'retry-after': '2' }),
  failed: answerError(500),
  refused: answerError(400),
  denied: answerError(401),
  unanswered: ({ response }) => response.destroy(),
  torn: ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
    response.write('{"choices":[', () => response.destroy())
  },
  truncated: ({ response, whole }) => response.writeHead(200, json).end(whole.slice(0, -9)),
  error200: ({ response, protocol }) => response.writeHead(200, json).end(text(protocol.error(429, privateWords))),
  hang: () => {},
  held: ({ response, whole, held }) => held.add(() => response.writeHead(200, json).end(whole)),
  cut: (turn) => beginStream(turn, () => turn.response.destroy()),
  stall: (turn) => beginStream(turn, () => {}),
  pings: ({ response, protocol, held }) => {
    response.writeHead(200, { 'content-type': protocol.contentType })
    // A comment; where events are binary, the beginning of one.
    const ping = () => response.write(': ping\n\n')
    ping()
    held.add(ping)
  },
  unended: (turn) => beginStream(turn, () => turn.response.end()),
} as const satisfies Record<string, (turn: Turn) => unknown>

const text = (body: Json) => JSON.stringify(body)

interface Turn {
  readonly response: ServerResponse
  readonly protocol: Protocol
  readonly whole: string
  readonly said: Said
  readonly held: Set<() => void>
  readonly key: string
}

export interface FakeUpstream {
  readonly url: string
  /** Requests whose answer is not over. */
  running(): number
  /** Answers what is held. */
  letGo(): void
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: Json }[]
  close(): Promise<void>
}

/** A vendor that says the last text back, word by word; "use the tool" makes it call the tool `weather`. */
export async function startFakeUpstream(protocol: Protocol): Promise<FakeUpstream> {
  const requests: FakeUpstream['requests'] = []
  const held = new Set<() => void>()
  let running = 0

  const server = createServer(async (request, response) => {
    running++
    response.once('close', () => running--)
    const body: Json = JSON.parse(await readBody(request))
    const path = String(request.url).replace(/\?.*$/, '')
    requests.push({ path, headers: request.headers, body })
    const { authorization, 'x-goog-api-key': googleKey } = request.headers
    const turn = { response, protocol, held, key: String(googleKey ?? authorization) }
    answer(path, body, turn)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    running: () => running,
    letGo() {
      for (const release of held) release()
      held.clear()
    },
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(path: string, body: Json, request: Pick<Turn, 'response' | 'protocol' | 'held' | 'key'>): void {
  const { response, protocol } = request
  const texts = protocol.readTexts(body, path)
  const asked = texts?.[0] ?? protocol.readText(body)
  const said = sayBack(asked)
  const whole = text(protocol.whole(said))
  const [, told = ''] = /^\[(\w+)\]/.exec(asked) ?? []
  if (told in misbehaviours) misbehaviours[told as keyof typeof misbehaviours]({ ...request, whole, said })
  else if (texts) response.writeHead(200, json).end(text(protocol.embeddings(texts.map(vectorOf))))
  else if (protocol.streams(body, path)) {
    response.writeHead(200, { 'content-type': protocol.contentType }).end(Buffer.concat(protocol.events(said).events))
  } else response.writeHead(200, json).end(whole)
}

/** "text 7" -> [7, 0.5] */
function vectorOf(asked: string): readonly number[] {
  return [Number(/\d+/.exec(asked)?.[0] ?? 0), 0.5]
}

function sayBack(asked: string): Said {
  const counts = { inputTokens: 12, outputTokens: 7, reasoningTokens: 3, cachedTokens: 4 }
  const words = asked.match(/\S+\s*/g) ?? []
  if (!asked.includes('use the tool')) return { ...counts, words }
  return { ...counts, words: [], tool: { name: 'weather', arguments: { city: 'Paris' } } }
}

function beginStream({ response, protocol, said }: Turn, then: () => void): void {
  const { events, first } = protocol.events(said)
  response.writeHead(200, { 'content-type': protocol.contentType })
  // Later: what is written just before an end with a bang would be lost with it.
  response.write(Buffer.concat(events.slice(0, first + 1)), () => setImmediate(then))
}

/** Says in passing with which key it was asked, as some vendors do. */
function answerError(status: number, headers: Readonly<Record<string, string>> = {}) {
  return ({ response, protocol, key }: Turn) => {
    const words = `${status === 400 ? 'the temperature is too high' : privateWords} (${key})`
    response.writeHead(status, { ...json, ...headers }).end(text(protocol.error(status, words)))
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
