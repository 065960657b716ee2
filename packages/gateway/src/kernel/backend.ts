import type { Item, TokenUsage } from './answer.ts'
import type { AttemptSignal } from './attempt-signal.ts'
import type { Version } from './catalog.ts'
import type { ContractRevision, VersionState } from './catalog-state.ts'
import type { ChatRequest, FinishReason } from './chat.ts'
import type { Violation } from './errors.ts'
import type { Schema } from './schema/schema.ts'
import type { TaskName } from './tasks.ts'
import type { TensorSignature } from './tensors.ts'
import type { Dialect, WireRequest } from './wire.ts'

/**
 * The port behind which everything that runs a model stands. A backend speaks one protocol; it knows nothing of callers,
 * traffic or Records. It throws AstraErrors with the codes below and keeps upstream's own words in `reason`:
 * `upstream_unavailable` only when surely nothing ran (with `retryAfterMs` when it is merely busy), else `upstream_failed`
 * (`unanswered` when it broke off before any answer, `unspent` when it was refused before any work); on abort it stops upstream and throws
 * whatever the signal's reason is.
 */
export interface Backend {
  readonly name: string
  /** JSON Schema (closed object) of its own fields of a version in the manifest. */
  readonly settings: Schema
  /** The tasks that it can serve; left out: every one. */
  readonly tasks?: readonly TaskName[]
  /** Whether running a call twice costs nothing but the work: then one that failed, and may have run, is made again elsewhere, once. */
  readonly repeatable: boolean
  /** Its fields with every default spelt out. */
  withDefaults(
    settings: Readonly<Record<string, unknown>>,
    model: string,
    version: string,
  ): Readonly<Record<string, unknown>>
  /**
   * Where versions go whose manifest names no replicas; none: it must name some. Undefined where a version takes none, as it runs in
   * the gateway or finds its way itself.
   */
  addresses(settings: VersionState['settings']): readonly string[] | undefined
  /** The part of its settings that changes answers, and so stands in the digest; secrets don't. Left out: all of them. */
  sealed?(settings: VersionState['settings']): VersionState['settings']
  /** What is run there, as prices and reports name it: "openai/gpt-4o-mini". Left out: no model runs. */
  upstreamModel?(settings: VersionState['settings']): string | undefined
  /**
   * Of a backend that asks a language model in words of its own: how many bytes of them go beside each input, and what an answer may have
   * at most. Left out: the inputs are all that is asked.
   */
  ownWords?(settings: VersionState['settings']): { readonly bytes: number; readonly outputTokensMax: number }
  /** Where its settings do not fit the contract's task, or the revision that the version implements, by JSON Pointers into the settings. Called by plan. */
  misfits?(settings: VersionState['settings'], revision: ContractRevision, task: TaskName): readonly Violation[]
  /**
   * Of a backend that serves chats: why versions with these settings would refuse such a chat, in public words; undefined where they would
   * not, as far as can be told without asking anyone.
   */
  chatMisfit?(settings: VersionState['settings'], chat: ChatRequest): string | undefined
  /** Makes the version ready to serve (loads it where upstream can), and says what it is. Called by plan and apply. */
  inspect(
    version: Pick<VersionState, 'settings' | 'replicas'>,
    signal: AbortSignal,
    load?: LoadWhat,
  ): Promise<Inspection>
  /** One result per input, in order; a failed item does not fail its siblings where upstream can tell them apart. */
  predict(version: Version, replica: string, inputs: readonly unknown[], context: AttemptContext): Promise<Prediction>
  /** Chunks as they come. */
  stream?(version: Version, replica: string, input: unknown, context: AttemptContext): AsyncIterable<BackendEvent>
  /** Requests that pass through in their own bytes. */
  readonly relay?: Relay
  /**
   * Resolves when the replica answers and is ready; rejects with the reason, within the signal, and with `unanswered` where
   * neither an answer nor a refusal came. Remote backends only. Gives an opaque text for who answered: another one is reason
   * to look anew at what is served there, and proves nothing. Undefined where the backend cannot tell.
   */
  probe?(replica: string, signal: AbortSignal): Promise<string | undefined>
  /** No further attempt will go to this replica: its connections may close once they are idle. */
  release?(replica: string): void
  close(): Promise<void>
}

/**
 * What an inspection loads: `missing`, only what upstream does not know, so that what it could not load before is not tried for
 * ever. Left out: everything.
 */
export type LoadWhat = 'missing'

export interface Inspection {
  /** "sha256:…" of what answers at upstream; undefined when upstream can't say: then the version is not immutable. */
  readonly digest: string | undefined
  readonly tensors?: TensorSignature
}

export interface AttemptContext {
  /** Aborts when the caller leaves or the time limit runs out. */
  readonly signal: AttemptSignal
  readonly callId: string
  /** W3C headers to send on. */
  readonly traceparent: string
  readonly tracestate: string | undefined
  /** What an answer may have at most: a relayed request is held to it (canonical inputs have been). Left out: no bound. */
  readonly outputTokensMax?: number | undefined
  /** Where a prediction asks a model in words of its own. Left out: nobody counts. */
  readonly spending?: Spending
}

/**
 * What tokens are estimated from where upstream does not tell them. Told as it happens, since a prediction may be cut short; one that
 * comes to its end tells what upstream told in its `usage` as well.
 */
export interface Spending {
  /** These words, a JSON value, are sent to the model now. */
  asking(words: unknown): void
  /** An answer came to them, or to a part of them. */
  answered(exchange: Exchange): void
}

export interface Exchange {
  /** JSON values: their texts count. */
  readonly asked: unknown
  readonly said: unknown
  /** Undefined where upstream told none. */
  readonly usage: TokenUsage | undefined
}

export interface Prediction {
  readonly items: readonly Item[]
  readonly usage?: TokenUsage
  /** Time upstream says a call waited in its queue, ms. */
  readonly queueMs?: number
  /** Calls that wait or run at the replica for this version, by its own report; the answered one not among them. */
  readonly waiting?: number
}

export type BackendEvent =
  | { readonly type: 'chunk'; readonly chunk: unknown }
  | { readonly type: 'usage'; readonly usage: TokenUsage }
  | Finished
  | StillThere

/** The answer is whole; upstream may still tell its usage. */
export interface Finished {
  readonly type: 'finished'
}

/** Upstream sent something, and it is nothing of the answer: a comment, a ping, a part of an event. */
export interface StillThere {
  readonly type: 'still-there'
}

/** The same promises as `predict` and `stream`, kept for a request in a dialect that upstream speaks itself. */
export interface Relay {
  speaks(version: Version, dialect: Dialect): boolean
  /** An error inside a 200 is an error. */
  predict(version: Version, replica: string, request: WireRequest, context: AttemptContext): Promise<Relayed>
  /** Whole events as they come; ends after the dialect's terminal event, and throws where there is none or an error comes instead. */
  stream(version: Version, replica: string, request: WireRequest, context: AttemptContext): AsyncIterable<RelayEvent>
}

export interface Relayed {
  readonly bytes: Buffer
  readonly usage?: TokenUsage
  /** What the model said, for an estimate where upstream told no usage. */
  readonly text: string
  /** How the answer ended, where upstream told. */
  readonly finish?: FinishReason
  readonly queueMs?: number
  readonly waiting?: number
}

export interface RelayedBytes extends Pick<Relayed, 'bytes' | 'text' | 'finish'> {
  readonly type: 'relayed'
  /** False before the answer itself begins, so that another attempt may still take its place. */
  readonly content: boolean
}

export type RelayEvent = RelayedBytes | { readonly type: 'usage'; readonly usage: TokenUsage } | Finished | StillThere
