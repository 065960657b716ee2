import type { FakeEndpoint, FakeStream } from '../../packages/gateway/src/backends/vendor/testing/fake-protocol.ts'

/** What a vendor that misbehaves does, one after another; the response ends after the last one. A number: waits so long, ms. */
export type Step =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | string
  | Buffer
  | number
  | 'reset'
  | 'hang'

type Steps = Iterable<Step>
type ErrorBody = FakeEndpoint['error']

/** A good stream, of which a fault takes what it wants. */
export interface GoodStream extends FakeStream {
  /** Says that upstream is still there, and nothing else. */
  readonly alive: string
  /** An error event of this type. */
  error(type: string): string
}

/** Of the two forms of an answer, those that it can happen to. */
interface Fault {
  readonly whole?: (body: string, error: ErrorBody) => Steps
  readonly stream?: (good: GoodStream, error: ErrorBody) => Steps
}

/** What upstream says of its failures, and no caller may ever read. */
export const privateWords = 'upstream keeps this to itself'

const json: Step = { status: 200, headers: { 'content-type': 'application/json' } }
const sse: Step = { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } }
/** Time for what was written before a reset to be read. */
const settleMs = 30
/** Many of these take longer than any clock but the total one allows, one of them far less. */
const dripMs = 30
const dripCount = 40

/** Long after whoever waits for a finish only has left. */
const lateMs = 300

const all = ({ preamble, content, finish, coda, end }: FakeStream) => [...preamble, ...content, ...finish, ...coda, end]
const begun = ({ preamble, content }: FakeStream) => [...preamble, ...content.slice(0, 1)]
const afterBegun = ({ content, finish, coda, end }: FakeStream) => [...content.slice(1), ...finish, ...coda, end]
const half = (text: string) => text.slice(0, text.length / 2)
const either = (steps: Steps): Fault => ({ whole: () => steps, stream: () => steps })

const table = {
  well: {
    whole: (body) => [json, body],
    stream: (good) => [sse, ...all(good)],
  },
  // Its address is where nobody listens.
  refused: either([]),
  'reset-first': either(['reset']),
  'reset-preamble': { stream: ({ preamble }) => [sse, ...preamble, settleMs, 'reset'] },
  'reset-midway': {
    whole: (body) => [json, half(body), settleMs, 'reset'],
    stream: (good) => [sse, ...begun(good), settleMs, 'reset'],
  },
  'status-500': failing(500, 'server_error', {}),
  'status-401': failing(401, 'authentication_error', {}),
  'busy-429': failing(429, 'rate_limit_error', { 'retry-after': '7' }),
  'error-body': failing(200, 'server_error', {}),
  'error-first': { stream: (good) => [sse, ...good.preamble, good.error('server_error')] },
  'overloaded-first': { stream: (good) => [sse, ...good.preamble, good.error('overloaded_error')] },
  'error-later': { stream: (good) => [sse, ...begun(good), good.error('overloaded_error')] },
  'stall-first': either(['hang']),
  'stall-preamble': { stream: ({ preamble }) => [sse, ...preamble, 'hang'] },
  'stall-midway': {
    whole: (body) => [json, half(body), 'hang'],
    stream: (good) => [sse, ...begun(good), 'hang'],
  },
  'alive-first': { stream: (good) => [sse, ...slowly(Array(dripCount).fill(': still here\n\n')), ...all(good)] },
  'alive-midway': {
    stream: (good) => [sse, ...begun(good), ...slowly(Array(dripCount).fill(good.alive)), ...afterBegun(good)],
  },
  drip: {
    whole: (body) => [json, ...slowly(pieces(body, dripCount))],
    stream: (good) => [sse, ...slowly(all(good).flatMap((event) => pieces(event, 4)))],
  },
  'drip-one-event': {
    stream: (good) => [sse, ...good.preamble, ...slowly(pieces(good.content[0] ?? '', dripCount)), ...afterBegun(good)],
  },
  'drip-endless': { stream: (good) => [sse, ...slowly([...begun(good), ...Array(1000).fill(good.alive)])] },
  'cut-json': {
    whole: (body) => [json, half(body)],
    stream: ({ preamble, content }) => [sse, ...preamble, ...content.slice(0, 1).map(cutEvent)],
  },
  'cut-json-later': { stream: (good) => [sse, ...begun(good), ...good.content.slice(1).map(cutEvent)] },
  'no-content': { stream: ({ preamble }) => [sse, ...preamble] },
  'no-finish': { stream: (good) => [sse, ...good.preamble, ...good.content] },
  'no-terminal': { stream: (good) => [sse, ...all({ ...good, end: '' })] },
  'split-utf8': {
    whole: (body) => [json, ...slowly(splitWithin(body), 5)],
    stream: (good) => [sse, ...slowly(splitWithin(all(good).join('')), 5)],
  },
  megabyte: {
    whole: (body) => [json, grown(body)],
    stream: (good) => [sse, ...all(good).map((event) => grown(event))],
  },
  'finish-twice': {
    stream: (good) => [sse, ...all({ ...good, finish: [...good.finish, ...good.finish.slice(-1)] })],
  },
  'usage-late': {
    stream: ({ preamble, content, finish, coda, end }) => [
      sse,
      ...preamble,
      ...content,
      ...finish,
      lateMs,
      ...coda,
      end,
    ],
  },
  // As fast as it is read.
  flood: {
    *stream({ preamble, content }) {
      const long = grown(content[0] ?? '', 3000)
      yield* [sse, ...preamble]
      for (let i = 0; i < 20_000; i++) yield long
    },
  },
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof table
export const faults: Readonly<Record<FaultName, Fault>> = table

/** An answer with an error in it, whatever its status. */
function failing(status: number, type: string, headers: Readonly<Record<string, string>>): Fault {
  const steps = (error: ErrorBody): Steps => [
    { status, headers: { 'content-type': 'application/json', ...headers } },
    JSON.stringify(error({ status, type, message: privateWords })),
  ]
  return { whole: (_, error) => steps(error), stream: (_, error) => steps(error) }
}

/** What it says with its first word 1 MB long, or as often as that. */
export function grown(text: string, times = 150_000): string {
  return text.replace('Grüße', (word) => word.repeat(times))
}

function* slowly(parts: readonly (string | Buffer)[], pauseMs = dripMs): Steps {
  for (const part of parts) {
    yield part
    yield pauseMs
  }
}

function pieces(text: string, count: number): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const size = Math.ceil(bytes.length / count)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

/** Cut within every character that takes several bytes. */
function splitWithin(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const parts: Buffer[] = []
  let from = 0
  bytes.forEach((byte, i) => {
    if ((byte & 0xc0) !== 0x80) return
    parts.push(bytes.subarray(from, i))
    from = i
  })
  return [...parts, bytes.subarray(from)]
}

/** An event that ends in the midst of its JSON. */
function cutEvent(event: string): string {
  return `${half(event)}\n\n`
}
