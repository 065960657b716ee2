import type { ServerResponse } from 'node:http'
import type { FakeAnswer, FakeEndpoint, FakeError } from './fake-protocol.ts'

/** What the fake says whenever it fails: for operators only. */
export const privateWords = 'secret stack trace of the vendor'
/** What it says of a request that it refuses: the caller's own to read. */
export const refusalWords = 'messages.0: too odd to be answered'

export interface Failing {
  readonly endpoint: FakeEndpoint
  readonly answer: FakeAnswer
  readonly response: ServerResponse
  /** The headers that came, joined: what a careless vendor quotes. */
  readonly sent: string
  /** Answers as if nothing had been scripted. */
  behave(change?: (blocks: Blocks) => readonly string[]): void
  /** Keeps the answer until `letGo`. */
  hold(): void
}

/** A stream's events by their part in it. */
export type Blocks = Readonly<Record<'preamble' | 'content' | 'finish' | 'coda' | 'end', readonly string[]>>

const error = (status: number, type: string, message = privateWords): FakeError => ({ status, type, message })

function fail({ endpoint, response }: Failing, fault: FakeError, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(fault.status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(endpoint.error(fault)))
}

function eventOf({ endpoint }: Failing, status: number, type: string): string {
  return endpoint.errorEvent?.(error(status, type)) ?? ''
}

const all = ({ preamble, content, finish, coda, end }: Blocks) => [...preamble, ...content, ...finish, ...coda, ...end]

function begin({ response, answer }: Failing, text: (content: string) => string): void {
  const stream = answer.stream
  response.writeHead(200, stream ? { 'content-type': 'text/event-stream' } : { 'content-length': '1000' })
  const first = stream ? [...stream.preamble, stream.content[0]].join('') : '{"id":'
  response.write(text(first))
}

/** What can go wrong, by name; of the two forms of an answer each is meant for the one that it can happen to. */
export const faults = {
  refused: (failing) => fail(failing, error(400, 'invalid_request_error', refusalWords)),
  /** Quotes the headers that came, the key among them. */
  unauthorised: (failing) => fail(failing, error(401, 'authentication_error', `Wrong key in ${failing.sent}`)),
  missing: (failing) => fail(failing, error(404, 'not_found_error')),
  failed: (failing) => fail(failing, error(500, 'server_error')),
  busy: (failing) => fail(failing, error(429, 'rate_limit_error'), { 'retry-after': '2' }),
  page: ({ response }) => response.writeHead(502, { 'content-type': 'text/html' }).end(`<html>${privateWords}</html>`),
  reset: ({ response }) => response.socket?.resetAndDestroy(),
  /** Breaks off within the answer. */
  cut: (failing) => {
    begin(failing, (text) => text)
    setImmediate(() => failing.response.socket?.end())
  },
  /** An error where a success was promised. */
  errorBody: (failing) =>
    failing.response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(failing.endpoint.error(error(500, 'server_error')))),
  errorFirst: (failing) => failing.behave(({ preamble }) => [...preamble, eventOf(failing, 529, 'overloaded_error')]),
  errorLater: (failing) =>
    failing.behave(({ preamble, content }) => [
      ...preamble,
      ...content.slice(0, 1),
      eventOf(failing, 529, 'overloaded_error'),
    ]),
  /** A whole answer to who asked for a stream. */
  whole: ({ response, answer }) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.whole)),
  /** The answer is cut off, and nothing of HTTP tells so. */
  truncated: (failing) => {
    if (failing.answer.stream) return failing.behave(({ preamble, content }) => [...preamble, ...content.slice(0, 1)])
    const text = JSON.stringify(failing.answer.whole)
    failing.response.writeHead(200, { 'content-type': 'application/json' }).end(text.slice(0, text.length / 2))
  },
  unended: (failing) => failing.behave((blocks) => all({ ...blocks, end: [] })),
  doubleFinish: (failing) =>
    failing.behave((blocks) => all({ ...blocks, finish: [...blocks.finish, ...blocks.finish.slice(-1)] })),
  comments: (failing) => failing.behave((blocks) => all(blocks).flatMap((block) => [': keep-alive\n\n', block])),
  /** Never answers. */
  hang: () => {},
  /** Says nothing more after its first content. */
  stall: (failing) => begin(failing, (text) => text),
  held: (failing) => failing.hold(),
} as const satisfies Record<string, (failing: Failing) => unknown>

export type FaultName = keyof typeof faults
