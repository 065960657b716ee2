import type { WholeAnswer } from './answer.ts'
import type { OwnRole } from './own-call.ts'
import type { WireRequest } from './wire.ts'

/** A request after its door: the same shape whichever protocol it came in by. */
export interface Call {
  /** UUIDv7, given out by the gateway; every door returns it. */
  readonly id: string
  readonly door: DoorName
  readonly model: string
  /** The major of the contract; undefined means the model's default major. */
  readonly major: number | undefined
  /** One entry an item, as the caller sent it; not validated yet. */
  readonly inputs: readonly unknown[]
  /** Of a door that speaks a language model's protocol: the request in its own words. `inputs` is empty then. */
  readonly wire?: WireRequest
  /** True when the caller sent a list, and expects results and errors per item. */
  readonly batch: boolean
  /** True at a door whose protocol has no errors per item: the first item's error fails the call. */
  readonly allOrNothing?: boolean
  /**
   * Of a door that cannot tell every output: puts a whole answer into the door's form while the Record is still open. What it
   * throws fails the call.
   */
  readonly tell?: (answer: WholeAnswer) => void
  readonly stream: boolean
  readonly options: CallOptions
  /**
   * Of what the gateway asks on its own account: the role of its one attempt. It stands beside what is served, so it takes no place and no
   * limit of theirs, is in nobody's cache and no evidence, is made once, and is no replica's fault.
   */
  readonly role?: OwnRole
  /** When it was received, ms since the Unix epoch. */
  readonly receivedAt: number
  /** The same moment on the monotonic clock, ms. */
  readonly startedAt: number
  readonly trace: Trace
  /** Aborts when the caller goes away. */
  readonly signal: CallerSignal
}

/** What of an AbortSignal a call needs: a door may give something cheaper. */
export interface CallerSignal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export type DoorName = 'native' | 'graphql' | 'oip' | 'openai' | 'anthropic'

/** W3C trace context: what came in (or was begun here) and goes on upstream. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  readonly sampled: boolean
  /** As received, passed on untouched. */
  readonly tracestate: string | undefined
}

/** The call options of DESIGN.md, one table for every door; see `call-options.ts` for how each is read. */
export interface CallOptions {
  /** Sticky key: the same unit keeps meeting the same version. */
  readonly unit?: string
  readonly session?: string
  /** Pins an exact version. */
  readonly version?: string
  readonly timeoutMs?: number
  /** The caller's own id for this call, for later feedback. */
  readonly reference?: string
  readonly tags?: Readonly<Record<string, string>>
  /** `no-cache` asks anew and keeps the answer; `no-store` does not keep it either. */
  readonly cache?: 'default' | 'no-cache' | 'no-store'
  /** The first answer to it is kept, and given to every repeat of the same request by the same consumer. */
  readonly idempotencyKey?: string
}
