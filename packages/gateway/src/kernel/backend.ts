import type { Item, Usage } from './answer.ts'
import type { Version, VersionState } from './catalog.ts'
import type { Schema } from './schema/schema.ts'
import type { TensorSignature } from './tensors.ts'

/**
 * The port behind which everything that runs a model stands. A backend speaks one protocol; it knows nothing of callers,
 * traffic or Records. It throws AstraErrors with the codes below and keeps upstream's own words in `reason`:
 * `upstream_unavailable` only when surely nothing ran (with `retryAfterMs` when it is merely busy), else `upstream_failed`
 * (`unanswered` when it broke off before any answer); on abort it stops upstream and throws
 * whatever the signal's reason is.
 */
export interface Backend {
  readonly name: string
  /** JSON Schema (closed object) of its own fields of a version in the manifest. */
  readonly settings: Schema
  /** Whether a version needs at least one replica address. */
  readonly remote: boolean
  /** Whether running a call twice costs nothing but the work: then an attempt that broke off unanswered may be made again elsewhere. */
  readonly repeatable: boolean
  /** Its fields with every default spelt out. */
  withDefaults(
    settings: Readonly<Record<string, unknown>>,
    model: string,
    version: string,
  ): Readonly<Record<string, unknown>>
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
  readonly signal: AbortSignal
  readonly callId: string
  /** W3C headers to send on. */
  readonly traceparent: string
  readonly tracestate: string | undefined
}

export interface Prediction {
  readonly items: readonly Item[]
  readonly usage?: Omit<Usage, 'items'>
  /** Time upstream says a call waited in its queue, ms. */
  readonly queueMs?: number
  /** Calls that wait or run at the replica for this version, by its own report; the answered one not among them. */
  readonly waiting?: number
}

export type BackendEvent =
  | { readonly type: 'chunk'; readonly chunk: unknown }
  | { readonly type: 'usage'; readonly usage: Omit<Usage, 'items'> }
