import type { Item, TokenUsage } from '../kernel/answer.ts'
import type { FinishReason } from '../kernel/chat.ts'
import type { TaskName } from '../kernel/tasks.ts'
import type { Dialect, WireRequest } from '../kernel/wire.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * One protocol's words for one task, as pure functions: doors read requests and write answers by it, backends write requests and
 * read answers. Strict with our callers, lenient with upstreams: unknown fields of an answer are passed over.
 */
export interface DialectCodec {
  readonly name: Dialect
  readonly task: TaskName
  /** Below a base URL such as https://api.openai.com/v1: "/chat/completions". */
  readonly path: string
  /** Of a door. */
  readonly accept: AcceptHalf
  /** Of a backend. */
  readonly ask: AskHalf
}

export interface AcceptHalf {
  /**
   * What any backend of the dialect would refuse, so that it is refused before a call is made: throws `invalid_input` with the place
   * in the dialect's own words. Says how many inputs there are. Everything else is upstream's to judge.
   */
  check(body: JsonObject): { readonly items: number; readonly stream: boolean }
  /** As `WireRequest.canonical`. */
  readRequest(body: JsonObject): readonly unknown[]
  /** Canonical outputs, one per input, as the protocol's answer. */
  writeAnswer(outputs: readonly unknown[], facts: AnswerFacts): JsonObject
  /** For one stream; left out where the protocol does not stream. */
  writeStream?(facts: Omit<AnswerFacts, 'usage'>): StreamWriter
}

export interface AnswerFacts {
  /** The call's id: ids in the answer are made of it. */
  readonly callId: string
  /** As the caller named it. */
  readonly model: string
  /** Seconds since the Unix epoch. */
  readonly created: number
  readonly request: JsonObject
  readonly usage: TokenUsage
}

/** Canonical chunks as server-sent events, ready to be written. "" where a chunk has no form of its own. */
export interface StreamWriter {
  /** What comes before the answer's content. */
  start(): string
  chunk(chunk: unknown): string
  /** The end of the answer with its usage, and the protocol's terminal event. */
  end(usage: TokenUsage): string
}

export interface AskHalf {
  /** Canonical inputs as a request. Throws `unsupported` for what the protocol has no words for, naming the field. */
  writeRequest(inputs: readonly unknown[], wish: RequestWish): JsonObject
  /** A 200's body as canonical items. Throws `upstream_failed` when it is out of form. */
  readAnswer(body: JsonObject): ReadAnswer
  /** The same as far as passing on needs it. */
  lookAtAnswer(body: JsonObject): { readonly usage?: TokenUsage; readonly text: string }
  /** How a 200's answer ended, where it says so; left out where the protocol has no words for it. */
  finishOf?(body: JsonObject): FinishReason | undefined
  /** The caller's own bytes, with the model's name upstream and what a stream's usage needs. */
  forward(request: WireRequest, wish: RequestWish): Forwarded
  /** For one stream; left out where the protocol does not stream. */
  readStream?(options: { readonly hidesUsage: boolean }): StreamReader
}

export interface RequestWish {
  /** The model's name upstream. */
  readonly model: string
  readonly stream: boolean
  /** Whether upstream knows how to tell a stream's usage when asked (`stream_options`). */
  readonly tellsStreamUsage: boolean
  /**
   * What upstream of the dialect openai-chat calls the most tokens of an answer; left out: `max_completion_tokens`. OpenAI's reasoning
   * models refuse `max_tokens`; Ollama silently passes over the newer word, and others refuse it.
   */
  readonly outputLimitField?: 'max_completion_tokens' | 'max_tokens'
  /** What an answer may have at most: written where the caller asks for more, or says nothing. Of `forward` only. */
  readonly outputTokensMax?: number
}

export interface Forwarded {
  readonly bytes: Buffer
  /** Usage was asked for on our own account: the caller does not expect it. */
  readonly hidesUsage: boolean
}

export interface ReadAnswer {
  readonly items: readonly Item[]
  readonly usage?: TokenUsage
}

/** Reads one upstream stream, event by event. */
export interface StreamReader {
  /** How the answer ended, once it is told. */
  readonly finish?: FinishReason | undefined
  /** Throws what an error event stands for, or `upstream_failed` for an event out of form. */
  read(event: SseEvent): EventFacts
  /**
   * Upstream's stream ended. The bytes that its protocol still owes the caller, where the answer itself was complete ("" when nothing
   * is missing). Throws `upstream_failed` where it was not.
   */
  end(): string
}

/** One server-sent event. */
export interface SseEvent {
  /** "" where upstream names none. */
  readonly event: string
  readonly data: string
}

export interface EventFacts {
  /**
   * `preamble`: nothing of the answer itself. `content`: a piece of it, its finish included. `aside`: not for the caller (usage it did
   * not ask for, a finish told twice). `end`: the protocol's terminal event.
   */
  readonly kind: 'preamble' | 'content' | 'aside' | 'end'
  /** What the model said in it, reasoning and tool arguments included. */
  readonly text: string
  /** So far; the last one told counts. */
  readonly usage?: TokenUsage
  /** Every choice that began has ended with this event, and usage is told in a later one, if at all. */
  readonly finished?: true
  /** Its canonical chunks; a function, as nobody needs them where bytes pass through. */
  readonly chunks: () => readonly unknown[]
}
