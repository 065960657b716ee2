import type { Answer, Timing } from '../../kernel/answer.ts'
import type { CacheOutcome } from '../../kernel/cache.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { AstraError } from '../../kernel/errors.ts'
import type { LimitStatus } from '../../kernel/limits.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import type { Closing } from './tell-whole.ts'

/** What a call brings along to the cache. */
export interface Visit {
  readonly record: VisitRecord
  /** Asks the call's version, and closes the Record. To be called once at most, and nothing of the Record touched from then on. */
  ask(fitted: FittedCall): Promise<Answer>
  /** Of a call that is answered without asking: takes what such a one uses up, or throws. */
  admit(fitted: FittedCall): readonly LimitStatus[] | undefined | Promise<readonly LimitStatus[] | undefined>
  /** Another call, from its beginning. */
  serve(call: Call, caller: Caller): Promise<Answer>
}

export interface VisitRecord extends Closing {
  cache(outcome: CacheOutcome, version?: string): void
  leaves(error: AstraError): void
  firstChunk(): void
  timing(): Timing
}
