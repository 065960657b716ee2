import { type AttemptEnd, attemptEnds } from './attempt-end.ts'

/** What a call went through when an attempt ends. */
export interface CallSoFar {
  /** Made so far, the one that ended included. */
  readonly attempts: number
  /** An attempt before this one may have run: the one repeat it allows is used up. */
  readonly repeated: boolean
  /** Something went out to the caller. */
  readonly chunkOut: boolean
  /** `Backend.repeatable` */
  readonly repeatable: boolean
}

const attemptsMax = 3

/** Whether another replica may be tried, as far as the call is concerned; the retry budget and the replicas have a say too. */
export function mayRetry(end: AttemptEnd, { attempts, repeated, chunkOut, repeatable }: CallSoFar): boolean {
  if (chunkOut || repeated || attempts >= attemptsMax) return false
  const { again } = attemptEnds[end]
  return again === 'safe' || (again === 'once' && repeatable)
}
