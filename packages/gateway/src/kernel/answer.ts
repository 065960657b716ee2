import type { CacheNote } from './cache.ts'
import type { AstraError } from './errors.ts'
import type { LimitStatus } from './limits.ts'

/** The result of a Call: all at once, or as a stream of Chunks. */
export type Answer = WholeAnswer | StreamAnswer

export interface AnswerHead {
  readonly callId: string
  readonly model: string
  readonly major: number
  /** The version that served. */
  readonly version: string
  /** No model was asked for this call. */
  readonly cached: boolean
  /** Left out where its contract has no cache. */
  readonly cache?: CacheNote
  /** Of each kind of bound that the call met the one that will stop its caller first, for headers. Left out: none. */
  readonly limits?: readonly LimitStatus[]
}

export interface WholeAnswer extends AnswerHead {
  readonly kind: 'whole'
  /** One per input, in order; empty where the answer was relayed. */
  readonly items: readonly Item[]
  /** The output of the only item as JSON in UTF-8, where it is at hand: to be sent on as it is. `items` is read from it when asked for. */
  readonly outputJson?: Buffer
  /** Upstream's own bytes, in the dialect of the call's `wire`. */
  readonly relayed?: Buffer
  readonly usage: Usage
  readonly timing: Timing
}

export interface StreamAnswer extends AnswerHead {
  readonly kind: 'stream'
  /** Ends with one `answer-end`, or throws an AstraError. Leaving the loop early cancels upstream. */
  readonly events: AsyncIterable<StreamEvent>
  /** Of a door that cannot tell what came: ends the stream and upstream, and the call as failed. */
  readonly fail?: (error: AstraError) => Promise<void>
}

/** One item's result. A failed item of a batch does not fail its siblings. */
export type Item = { readonly output: unknown } | { readonly error: AstraError }

export type StreamEvent =
  | { readonly type: 'chunk'; readonly chunk: unknown }
  /** Upstream's own bytes, whole events in the dialect of the call's `wire`, its terminal event among them. */
  | {
      readonly type: 'relayed'
      readonly bytes: Buffer
      /** What the model said in it. Left out where nobody looked, as in a kept answer. */
      readonly text?: string
    }
  | { readonly type: 'answer-end'; readonly usage: Usage }

export interface Usage extends TokenUsage {
  readonly items: number
}

export interface TokenUsage {
  /** All of them, those read from or written to a prompt cache included. */
  readonly inputTokens?: number
  readonly cachedInputTokens?: number
  readonly cacheWriteInputTokens?: number
  /** All of them, those of reasoning included. */
  readonly outputTokens?: number
  readonly reasoningTokens?: number
  /** True when tokens were counted here because upstream did not say. */
  readonly estimated?: boolean
}

/** Where the time went, in ms. Queueing is named, never hidden in a total. */
export interface Timing {
  readonly queueMs: number
  readonly upstreamMs: number
  readonly totalMs: number
}
