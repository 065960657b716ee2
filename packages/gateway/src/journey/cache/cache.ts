import type { Answer } from '../../kernel/answer.ts'
import type { CacheEntry, CachePolicy, CacheStore, SemanticReport } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { cacheKey } from './cache-key.ts'
import { createIdempotency } from './idempotency.ts'
import { createJoining, type Place } from './joining.ts'
import { decodeKept } from './kept-answer.ts'
import { createRefreshes } from './refresh.ts'
import { replay } from './replay.ts'
import { createSemantic } from './semantic/semantic.ts'
import type { Visit } from './visit.ts'

export interface CachePorts {
  readonly store: CacheStore
  readonly clock: Clock
}

/** Answered already? By what is kept, by an equal call in flight, or else by asking. */
export interface Cache {
  /** False for the many whose contract has no cache and whose callers gave no key: they need not come by. */
  concerns(fitted: FittedCall): boolean
  answer(fitted: FittedCall, visit: Visit): Answer | Promise<Answer>
  /** As `CacheStore.purge`. What is in flight is not kept either. */
  purge(prefix: string): Promise<number>
  /** What semantic look-ups came to since the start, of contracts that had any. */
  semanticReports(): readonly SemanticReport[]
  /** Of texts that were answered. */
  vectors(): { readonly entries: number; readonly bytes: number }
}

export function createCache({ store, clock }: CachePorts): Cache {
  const joining = createJoining({ store, clock })
  const refreshes = createRefreshes(clock)
  const idempotency = createIdempotency({ store, clock })
  const semantic = createSemantic({ store, clock, joining })

  const missed = (fitted: FittedCall, visit: Visit, place: Place): Promise<Answer> => {
    if (!place.policy.semantic || joining.isAsking(place.key)) return joining.joinOrLead(fitted, visit, place)
    return semantic.answer(fitted, visit, place)
  }

  const found = (fitted: FittedCall, visit: Visit, held: Held): Answer | Promise<Answer> => {
    const { entry, policy, key } = held
    const kept = entry && decodeKept(entry.bytes)
    const ageMs = entry ? Math.max(0, clock.now() - entry.storedAt) : 0
    if (!kept || ageMs > policy.ttlMs + policy.staleMs) return missed(fitted, visit, { key, policy })
    const outcome = ageMs > policy.ttlMs ? 'stale' : 'hit'
    const admitted = visit.admit(fitted)
    const note = { outcome, ageMs } as const
    if (outcome === 'hit' && !(admitted instanceof Promise)) return replay(fitted, kept, note, visit.record, admitted)
    const give = (limits: Awaited<typeof admitted>): Answer => {
      if (outcome === 'stale') refreshes.begin(fitted, visit, { key, policy })
      return replay(fitted, kept, note, visit.record, limits)
    }
    return admitted instanceof Promise ? admitted.then(give) : give(admitted)
  }

  const cached = (fitted: FittedCall, visit: Visit): Answer | Promise<Answer> => {
    const { call, contract, way } = fitted
    const policy = contract.cache
    // What is made here costs less than to look it up.
    if (!policy || way === 'here') return visit.ask(fitted)
    // What takes part in an experiment is asked each time, or its answers would tell of the cache.
    const asks = call.options.cache === 'no-store' || fitted.enrolment?.cached === false
    const key = asks ? undefined : cacheKey(fitted, policy)
    if (key === undefined) return joining.bypass(fitted, visit)
    if (call.options.cache === 'no-cache')
      return joining.lead(fitted, visit, semantic.learning(fitted, visit, { key, policy }), 'bypass')
    const entry = store.get(key)
    if (!(entry instanceof Promise)) return found(fitted, visit, { entry, key, policy })
    return entry.then((entry) => {
      if (call.signal.aborted) throw new AstraError('cancelled')
      return found(fitted, visit, { entry, key, policy })
    })
  }

  return {
    concerns: ({ contract, call }) => contract.cache !== undefined || call.options.idempotencyKey !== undefined,
    answer(fitted, visit) {
      if (fitted.call.options.idempotencyKey === undefined) return cached(fitted, visit)
      return idempotency.once(fitted, visit, () => cached(fitted, visit))
    },
    async purge(prefix) {
      joining.purge(prefix)
      semantic.purge(prefix)
      return await store.purge(prefix)
    },
    semanticReports: semantic.reports,
    vectors: semantic.vectors,
  }
}

interface Held {
  readonly entry: CacheEntry | undefined
  readonly key: string
  readonly policy: CachePolicy
}
