import type { AstraError } from '../../kernel/errors.ts'

/**
 * How an attempt ended: whether that was its replica's fault, whether whoever checks health should look at once, whether another
 * replica may be tried, and whether the call falls back on another version. `safe`: surely nothing ran. `once`: it may have run, so
 * a single repeat where repeating costs only work. Falling back is the owner's declared wish, whatever may have run.
 */
export const attemptEnds = {
  answered: { fault: false, suspicious: false, again: 'never', fallsBack: false },
  busy: { fault: false, suspicious: false, again: 'safe', fallsBack: true },
  unreached: { fault: true, suspicious: true, again: 'safe', fallsBack: true },
  unanswered: { fault: true, suspicious: true, again: 'once', fallsBack: true },
  /** A stream that fell silent. */
  stalled: { fault: true, suspicious: true, again: 'once', fallsBack: true },
  failed: { fault: true, suspicious: false, again: 'never', fallsBack: true },
  /** It answered what its contract does not allow: the model's doing, on whichever replica. */
  misshapen: { fault: false, suspicious: false, again: 'never', fallsBack: true },
  late: { fault: false, suspicious: false, again: 'never', fallsBack: false },
  /** The caller's own doing, or the gateway's. */
  other: { fault: false, suspicious: false, again: 'never', fallsBack: false },
} as const satisfies Record<string, AttemptEndRow>

export interface AttemptEndRow {
  readonly fault: boolean
  readonly suspicious: boolean
  readonly again: 'never' | 'safe' | 'once'
  readonly fallsBack: boolean
}

export type AttemptEnd = keyof typeof attemptEnds

export function attemptEndOf(error: AstraError | undefined): AttemptEnd {
  if (!error) return 'answered'
  const { code, facts } = error
  if (code === 'upstream_unavailable') return facts.retryAfterMs === undefined ? 'unreached' : 'busy'
  if (code === 'upstream_failed') return facts.unanswered ? 'unanswered' : 'failed'
  return endsByCode[code] ?? 'other'
}

const endsByCode: Partial<Record<AstraError['code'], AttemptEnd>> = {
  upstream_stalled: 'stalled',
  invalid_output: 'misshapen',
  timeout: 'late',
}
