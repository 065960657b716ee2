import type { AstraError } from '../../kernel/errors.ts'

/**
 * How an attempt ended: whether that was its replica's fault, whether whoever checks health should look at once, and whether
 * another replica may be tried. `safe`: surely nothing ran. `once`: it may have run, so a single repeat where repeating costs
 * only work.
 */
export const attemptEnds = {
  answered: { fault: false, suspicious: false, again: 'never' },
  busy: { fault: false, suspicious: false, again: 'safe' },
  unreached: { fault: true, suspicious: true, again: 'safe' },
  unanswered: { fault: true, suspicious: true, again: 'once' },
  failed: { fault: true, suspicious: false, again: 'never' },
  late: { fault: false, suspicious: false, again: 'never' },
  /** The caller's own doing, or the gateway's. */
  other: { fault: false, suspicious: false, again: 'never' },
} as const satisfies Record<string, AttemptEndRow>

export interface AttemptEndRow {
  readonly fault: boolean
  readonly suspicious: boolean
  readonly again: 'never' | 'safe' | 'once'
}

export type AttemptEnd = keyof typeof attemptEnds

export function attemptEndOf(error: AstraError | undefined): AttemptEnd {
  if (!error) return 'answered'
  const { code, facts } = error
  if (code === 'upstream_unavailable') return facts.retryAfterMs === undefined ? 'unreached' : 'busy'
  if (code === 'upstream_failed') return facts.unanswered ? 'unanswered' : 'failed'
  return code === 'timeout' ? 'late' : 'other'
}
