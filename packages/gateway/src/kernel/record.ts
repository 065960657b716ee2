import type { Usage } from './answer.ts'
import type { CacheOutcome } from './cache.ts'
import type { DoorName } from './call.ts'
import type { FinishReason } from './chat.ts'
import type { ErrorCode } from './errors.ts'
import type { Enrolment } from './experiment.ts'
import type { RefusedBy } from './limits.ts'
import type { OwnRole } from './own-call.ts'

/**
 * What is kept of one call: exactly one per identified call, refusals and disconnects included. Metadata only; inputs and
 * outputs are never in it.
 */
export interface CallRecord {
  readonly id: string
  /** ms since the Unix epoch, when the call was received. */
  readonly time: number
  readonly door: DoorName
  readonly consumer: string
  readonly keyId: string
  readonly team?: string | undefined
  /** As asked for; at most 64 characters are kept. */
  readonly model: string
  readonly major: number | undefined
  /** The version the call was assigned to; undefined when it was refused before. */
  readonly versionAssigned: string | undefined
  /** The version whose answer went out, in part at least; differs from the assigned one only after a fallback. */
  readonly versionServed: string | undefined
  readonly assignReason: AssignReason | undefined
  /** Probability with which the assigned version is chosen under the weights in force. */
  readonly propensity: number | undefined
  /** HMAC of the sticky unit, hexadecimal; undefined when the caller gave none. */
  readonly unitHash: string | undefined
  readonly session: string | undefined
  readonly reference: string | undefined
  readonly tags: Readonly<Record<string, string>> | undefined
  /** The catalog revision that the call saw. */
  readonly catalogRevision: number
  readonly outcome: Outcome
  /** undefined when the call succeeded. */
  readonly code: ErrorCode | undefined
  /** For operators: why, in one line. Never shown to a caller. */
  readonly reason: string | undefined
  /** Until the answer was there; what is counted afterwards is not in it. */
  readonly latencyMs: number
  /** Streams: until the first chunk went out. */
  readonly firstChunkMs: number | undefined
  /** Waiting only: for a free place here, and in the upstream's own queue. */
  readonly queueMs: number
  readonly upstreamMs: number
  readonly streamed: boolean
  readonly items: number
  readonly itemsFailed: number
  /** Tokens are those of the attempt that answered, or ended last. */
  readonly inputTokens: number | undefined
  readonly cachedInputTokens: number | undefined
  readonly cacheWriteInputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly reasoningTokens: number | undefined
  /** Something of the tokens, or of the cost, was counted here, as upstream did not say or the attempt broke off. */
  readonly usageEstimated: boolean
  /** What answered, or was asked last, by the name that prices have for it, e.g. "openai/gpt-4o-mini". */
  readonly upstreamModel: string | undefined
  /** Of all attempts, by the prices in force when the call was received, as far as known; undefined where it is of none. */
  readonly costUsd: number | undefined
  /** A model ran that has no price: the cost is not zero, it is unknown, or more than `costUsd`. */
  readonly unpriced: boolean
  readonly cache?: CacheOutcome | undefined
  /** The limit that refused it. */
  readonly refusedBy?: RefusedBy | undefined
  /** How the answer of a language model ended; of several choices the worst. Left out where nobody said. */
  readonly finish?: FinishReason | undefined
  /** Of a call whose unit takes part in an experiment, and that counts as evidence. */
  readonly enrolment?: Enrolment | undefined
  readonly attempts: readonly Attempt[]
  readonly traceId: string
}

/** `refused`: nothing was asked of a model. `cancelled`: the caller went away. */
export type Outcome = 'ok' | 'refused' | 'failed' | 'cancelled'

/** Why a call met its version. */
export type AssignReason =
  | 'pin'
  | 'rule'
  | 'only'
  | 'weights-unit'
  | 'weights-session'
  | 'weights-call'
  | 'experiment'
  /** An experiment runs and the unit is not enrolled: the control. */
  | 'not-enrolled'

/** One try at one replica. */
export interface Attempt {
  readonly role: 'serve' | 'retry' | 'fallback' | 'hedge' | OwnRole
  readonly version: string
  readonly replica: string
  /** From the call's start, ms. */
  readonly atMs: number
  readonly durationMs: number
  readonly code: ErrorCode | undefined
  readonly reason: string | undefined
  /** It ended by a time limit of the caller's own, shorter than the contract's: that it was late says nothing of the version. */
  readonly hurried?: true
}

/** What an attempt that has ended used up. */
export interface AttemptUsage {
  /** By the name that prices have for it; undefined where no model runs. */
  readonly upstreamModel: string | undefined
  /** Surely or probably: false where nothing is owed for it. */
  readonly ran: boolean
  /** Undefined where nobody knows. A promise while tokens are counted, which never rejects. */
  readonly usage: Usage | undefined | Promise<Usage>
  /** How its answer ended, where a language model gave one and said so. */
  readonly finish?: FinishReason
  /** A whole answer was asked for and given up, so that nobody knows what was written of it: anything up to its bound. */
  readonly unheard?: boolean
}

/** A judgement of one call. The last write wins per call, metric and source. */
export interface Feedback {
  readonly callId: string
  readonly metric: string
  readonly value: number | boolean | string
  readonly source: 'user' | 'ground_truth' | 'judge' | 'heuristic'
  readonly comment: string | undefined
  /** ms since the Unix epoch. */
  readonly time: number
  readonly consumer: string
}
