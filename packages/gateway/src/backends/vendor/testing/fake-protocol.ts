import type { Json } from './fake-turn.ts'

/** One path of a fake vendor: reads a request, and answers as the vendor documents it. */
export interface FakeEndpoint {
  answer(body: Json): FakeAnswer
  /** The body of an error. */
  error(error: FakeError): Json
  /** The same as an event of a stream. */
  errorEvent?(error: FakeError): string
}

export interface FakeError {
  readonly status: number
  readonly type: string
  readonly message: string
}

export interface FakeAnswer {
  readonly text: string
  readonly whole: Json
  /** Where one was asked for. */
  readonly stream?: FakeStream
}

/** Server-sent events, each with its blank line. */
export interface FakeStream {
  /** Before the answer itself. */
  readonly preamble: readonly string[]
  /** At least one. */
  readonly content: readonly string[]
  /** How it ended. */
  readonly finish: readonly string[]
  /** After that, usage for example. */
  readonly coda: readonly string[]
  /** The protocol's terminal event. */
  readonly end: string
}

export function dataEvent(data: Json): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

/** Named as its data's `type`. */
export function typedEvent(data: Json): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}
