import type { Clock } from '../../kernel/clock.ts'
import type { AstraError, ErrorCode } from '../../kernel/errors.ts'
import type { EvaluationCase, PartialReason } from '../../kernel/evaluation.ts'
import type { OwnAnswer } from '../../kernel/own-call.ts'

/** What one case came to: an answer per version, in the order in which they are named. */
export interface AskedCase {
  readonly case: EvaluationCase
  readonly answers: readonly OwnAnswer[]
}

export interface AskPorts {
  readonly clock: Pick<Clock, 'elapsed'>
  /** Resolves early when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface AskPlan {
  readonly cases: readonly EvaluationCase[]
  readonly versions: readonly string[]
  readonly concurrency: number
  readonly signal: AbortSignal
  /** Never rejects. */
  readonly ask: (one: EvaluationCase, version: string) => Promise<OwnAnswer>
  readonly take: (asked: AskedCase) => void
}

/** Answers that say "later": nothing ran, and nothing is said of the version. */
const later: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'limits_unavailable',
  'overloaded',
  'accounting_unavailable',
])
/** What ends all of it. Who is asked on the gateway's own account goes away with the gateway only. */
const ends: Readonly<Partial<Record<ErrorCode, PartialReason>>> = {
  budget_exhausted: 'budget',
  stopping: 'stopping',
  cancelled: 'stopping',
}

/** What never fits a limit is told without a time: it is that case that cannot be asked. So is an upstream that is down, unlike a busy one. */
function isLater({ code, facts: { refusedBy, retryAfterMs } }: AstraError): boolean {
  if (code === 'upstream_unavailable' || refusedBy) return retryAfterMs !== undefined
  return later.has(code)
}

/** A wait is never longer, whatever is told; and while it is always "later", not longer than this in all. */
const waitMaxMs = 60_000
const stuckMaxMs = 300_000

/**
 * Asks every case of every version, so many cases at once. A case counts when all versions have answered it, or failed: so versions are
 * compared on the same ones. Which is asked first alternates: the second may find what they share warm.
 */
export async function askCases(plan: AskPlan, ports: AskPorts): Promise<PartialReason | undefined> {
  const { cases, versions, signal } = plan
  let next = 0
  let ended: PartialReason | undefined
  const pace = { notBefore: 0, movedAt: ports.clock.elapsed() }

  const askOne = async (one: EvaluationCase, version: string): Promise<OwnAnswer | undefined> => {
    for (;;) {
      const waitMs = pace.notBefore - ports.clock.elapsed()
      if (waitMs > 0) await ports.wait(waitMs, signal)
      if (ended !== undefined || signal.aborted) return undefined
      const answer = await plan.ask(one, version)
      if (signal.aborted) return undefined
      const error = 'error' in answer.item ? answer.item.error : undefined
      ended ??= error && ends[error.code]
      if (ended !== undefined) return undefined
      const now = ports.clock.elapsed()
      if (error === undefined || !isLater(error)) {
        pace.movedAt = now
        return answer
      }
      if (now - pace.movedAt > stuckMaxMs) ended ??= 'limits'
      pace.notBefore = Math.max(pace.notBefore, now + Math.min(waitMaxMs, error.facts.retryAfterMs ?? 1000))
    }
  }

  const worker = async () => {
    while (ended === undefined && !signal.aborted) {
      const at = next++
      const one = cases[at]
      if (one === undefined) return
      const answers = new Map<string, OwnAnswer>()
      for (const version of at % 2 === 0 ? versions : versions.toReversed()) {
        const answer = await askOne(one, version)
        if (answer === undefined) return
        answers.set(version, answer)
      }
      plan.take({ case: one, answers: versions.flatMap((version) => answers.get(version) ?? []) })
    }
  }
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, cases.length) }, worker))
  return ended ?? (signal.aborted ? 'cancelled' : undefined)
}
