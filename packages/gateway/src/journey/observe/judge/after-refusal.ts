import type { ErrorCode } from '../../../kernel/errors.ts'
import type { OwnAnswer } from '../../../kernel/own-call.ts'
import { type RefusedFor, refusalOf } from '../refusal.ts'

/** A limit that frees within so long is waited for; else what waits is let go, and so long later one is asked for again. */
const waitMaxMs = 60_000
const pauseMs = 1000

/** What is to be done where a judgement was refused, or never began. */
export type AfterRefusal =
  /** It is the judgement's own fault. */
  | { readonly step: 'fail'; readonly code: ErrorCode }
  /** The judge pauses, and is asked for this one first. */
  | { readonly step: 'ask-again'; readonly why: RefusedFor; readonly pauseMs: number }
  /** The judge pauses; `drop-all`: what waits for it is let go too. */
  | { readonly step: 'drop' | 'drop-all'; readonly why: RefusedFor; readonly pauseMs: number }

export function afterRefusal({ item, record }: OwnAnswer): AfterRefusal {
  const error = 'error' in item ? item.error : undefined
  const refusal = refusalOf(record, error)
  if ('fault' in refusal) return { step: 'fail', code: refusal.fault }
  const { why } = refusal
  const freeInMs = why === 'limits' ? error?.facts.retryAfterMs : undefined
  // Of one that fits no limit, the others may.
  if (freeInMs === undefined) return { step: 'drop', why, pauseMs }
  if (freeInMs <= waitMaxMs) return { step: 'ask-again', why, pauseMs: freeInMs }
  return { step: 'drop-all', why, pauseMs: waitMaxMs }
}
