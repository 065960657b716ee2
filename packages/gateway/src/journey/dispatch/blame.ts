import type { AstraError } from '../../kernel/errors.ts'
import { type AttemptEnd, attemptEnds } from './attempt-end.ts'
import type { Leg } from './leg.ts'
import type { Member } from './replicas/member.ts'

/**
 * Counts an attempt's fault towards its replica's ejection. An input that makes every replica fail is none of theirs: of a call that
 * is made again after a failed answer, the repeat decides, and where that fails in the same way nobody is blamed. `again`: it is
 * made again.
 */
export function blame(
  leg: Leg,
  member: Member,
  end: AttemptEnd,
  again: boolean,
  now: number,
  error: AstraError | undefined,
): void {
  const { doubt, replicas } = leg
  const failed = end === 'failed' || end === 'refused'
  leg.doubt = failed && again && error ? { member, error } : undefined
  if (failed && (again || doubt)) return
  if (doubt) replicas.blame(doubt.member, doubt.error, now)
  if (error && attemptEnds[end].fault) replicas.blame(member, error, now)
}
