import type { Item } from './answer.ts'
import type { Call } from './call.ts'
import type { Caller } from './caller.ts'
import type { Contract, Version } from './catalog.ts'
import type { CallRecord } from './record.ts'
import type { Dialect } from './wire.ts'

/** What was answered, not read yet: reading it may cost more than the call did. */
export type Said =
  | { readonly form: 'items'; readonly items: readonly Item[] }
  /** Upstream's own bytes. */
  | { readonly form: 'relayed'; readonly bytes: Buffer; readonly dialect: Dialect }
  /** All that a stream said. */
  | { readonly form: 'text'; readonly text: string }
  | { readonly form: 'none'; readonly why: 'too-large' | 'form' }

/** A call that is about to be answered, by what an observer may choose. */
export interface Observable {
  readonly call: Call
  readonly caller: Caller
  readonly contract: Contract
  /** The assigned one. */
  readonly version: Version
  /** As `Way` of the stage assign. */
  readonly way: 'inputs' | 'relay' | 'here'
}

/** A call that a model answered well, with what it said, and its Record. */
export interface Observation extends Observable {
  readonly said: Said
  readonly record: CallRecord
}

/** Why a call that concerns an observer is not told to it: too many are followed at once. */
export type MissReason = 'full'

/**
 * Who learns from calls beside their path: a shadow, a judge, drift, capture. Nothing that it does can keep a caller waiting or be told to
 * one; it bounds what it holds, and counts what it drops.
 */
export interface Observer {
  /**
   * Before the call is answered, for every one of a contract with `observed` for which a model is asked, but those of the gateway's own: it
   * must be cheap, have no effects, and not throw.
   */
  concerns(call: Observable): boolean
  /** In a turn of its own, after the answer. Not of calls that failed, nor of those that a cache answered. Must not throw: it is counted. */
  observed(seen: Observation): void
  missed(call: Observable, why: MissReason): void
}
