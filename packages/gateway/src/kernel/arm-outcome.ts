import type { ErrorCode } from './errors.ts'
import type { CallRecord } from './record.ts'

/**
 * What a call says of the arm that it was assigned to, for the circuit: true where the arm failed, false where it did well, undefined where
 * the call says nothing of it, since the arm was not asked, the caller went away, or what was asked was at fault.
 *
 * An arm failed when its version, or all that serves it, did: the codes below. It failed also where another version then saved the call
 * (a fallback): the caller saw nothing of it, yet the arm is no better for that. Late it is only by the contract's limit: a caller who
 * allows a millisecond would else break any circuit.
 */
export function armFailed({ code, attempts }: Pick<CallRecord, 'code' | 'attempts'>, arm: string): boolean | undefined {
  if (code === 'cancelled') return undefined
  const ofArm = attempts.filter(({ version }) => version === arm)
  if (code === undefined && ofArm.some((attempt) => attempt.code === undefined)) return false
  if (ofArm.some((attempt) => isArmsFault(attempt.code) && !attempt.hurried)) return true
  if (attempts.some(({ hurried }) => hurried)) return undefined
  // Of all that serves it none could be asked. A time limit that ran out before it was is none of its doing.
  return code === 'upstream_unavailable' || (ofArm.length > 0 && isArmsFault(code)) ? true : undefined
}

/** Each of them a 5xx that comes from upstream; the caller's own faults, refusals by limits and this gateway's faults are none. */
const armsFaults: ReadonlySet<ErrorCode | undefined> = new Set([
  'upstream_failed',
  'upstream_unavailable',
  'upstream_stalled',
  'invalid_output',
  'timeout',
] as const satisfies readonly ErrorCode[])

const isArmsFault = (code: ErrorCode | undefined): boolean => armsFaults.has(code)
