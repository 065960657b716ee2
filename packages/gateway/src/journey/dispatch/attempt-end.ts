import type { AstraError } from '../../kernel/errors.ts'

/**
 * How an attempt ended: whether that was its replica's fault, whether whoever checks health should look at once, whether another
 * replica may be tried, and whether the call falls back on another version. `safe`: surely nothing ran. `once`: it may have run, so
 * a single repeat where repeating costs only work. Falling back is the owner's declared wish, whatever may have run.
 *
 * `owed`: what is to be paid for it. `told`: what upstream told and what came, if anything did. `input`: that, and where nothing came
 * the input, as whoever was asked and left alone has read it. `nothing` is owed for what surely did not run.
 */
export const attemptEnds = {
  answered: { fault: false, suspicious: false, again: 'never', fallsBack: false, owed: 'answer' },
  busy: { fault: false, suspicious: false, again: 'safe', fallsBack: true, owed: 'nothing' },
  unreached: { fault: true, suspicious: true, again: 'safe', fallsBack: true, owed: 'nothing' },
  unanswered: { fault: true, suspicious: true, again: 'once', fallsBack: true, owed: 'input' },
  /** A stream that fell silent. */
  stalled: { fault: true, suspicious: true, again: 'once', fallsBack: true, owed: 'input' },
  /** It answered, and not well: a status of its own failing, an error inside a 200, an answer cut off or out of form. */
  failed: { fault: true, suspicious: false, again: 'once', fallsBack: true, owed: 'told' },
  /** It did not take the key, the path or the like: nobody worked on the call. */
  refused: { fault: true, suspicious: false, again: 'once', fallsBack: true, owed: 'nothing' },
  /** It answered what its contract does not allow: the model's doing, on whichever replica. */
  misshapen: { fault: false, suspicious: false, again: 'never', fallsBack: true, owed: 'told' },
  /** What the version makes of the input is refused at upstream: the version's doing, before any work. */
  misput: { fault: false, suspicious: false, again: 'never', fallsBack: true, owed: 'nothing' },
  late: { fault: false, suspicious: false, again: 'never', fallsBack: false, owed: 'input' },
  /** The caller went away. */
  left: { fault: false, suspicious: false, again: 'never', fallsBack: false, owed: 'input' },
  /** The caller's own doing, or the gateway's. */
  other: { fault: false, suspicious: false, again: 'never', fallsBack: false, owed: 'nothing' },
} as const satisfies Record<string, AttemptEndRow>

export interface AttemptEndRow {
  readonly fault: boolean
  readonly suspicious: boolean
  readonly again: 'never' | 'safe' | 'once'
  readonly fallsBack: boolean
  readonly owed: 'answer' | 'told' | 'input' | 'nothing'
}

export type AttemptEnd = keyof typeof attemptEnds

export function attemptEndOf(error: AstraError | undefined): AttemptEnd {
  if (!error) return 'answered'
  const { code, facts } = error
  if (code === 'upstream_unavailable') return facts.retryAfterMs === undefined ? 'unreached' : 'busy'
  if (code === 'upstream_failed') return facts.unspent ? 'refused' : facts.unanswered ? 'unanswered' : 'failed'
  if (code === 'invalid_output' && facts.unspent) return 'misput'
  return endsByCode[code] ?? 'other'
}

const endsByCode: Partial<Record<AstraError['code'], AttemptEnd>> = {
  upstream_stalled: 'stalled',
  invalid_output: 'misshapen',
  timeout: 'late',
  cancelled: 'left',
}
