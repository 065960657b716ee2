import type { Answer } from '../../kernel/answer.ts'
import type { CacheEntry, CacheStore, SemanticReport } from '../../kernel/cache.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { FittedCall } from '../assign/fit-inputs.ts'
import { cacheKey } from './cache-key.ts'
import { createIdempotency } from './idempotency.ts'
import { createJoining, type Place } from './joining.ts'
import { decodeKept, type KeptAnswer } from './kept-answer.ts'
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

  const found = (fitted: FittedCall, visit: Visit, entry: CacheEntry | undefined, place: Place) => {
    const kept = entry && decodeKept(entry.bytes)
    const { ttlMs, staleMs } = place.policy
    const ageMs = entry ? Math.max(0, clock.now() - entry.storedAt) : 0
    if (!kept || ageMs > ttlMs + staleMs) return missed(fitted, visit, place)
    const admitted = visit.admit(fitted)
    if (ageMs > ttlMs) return stale(fitted, visit, place, { kept, ageMs, admitted })
    const note = { outcome: 'hit', ageMs } as const
    if (!(admitted instanceof Promise)) return replay(fitted, kept, note, visit.record, admitted)
    return hit(fitted, visit, { kept, ageMs, admitted })
  }

  // `hit`, `stale`, `foundLater` and `once` stand apart: a function that makes another, or waits, takes memory with each call that needs
  // neither.
  const hit = async (fitted: FittedCall, { record }: Visit, { kept, ageMs, admitted }: Found): Promise<Answer> => {
    return replay(fitted, kept, { outcome: 'hit', ageMs }, record, await admitted)
  }

  const stale = async (fitted: FittedCall, visit: Visit, place: Place, found: Found): Promise<Answer> => {
    const { kept, ageMs, admitted } = found
    const limits = await admitted
    refreshes.begin(fitted, visit, place)
    return replay(fitted, kept, { outcome: 'stale', ageMs }, visit.record, limits)
  }

  const foundLater = async (fitted: FittedCall, visit: Visit, entry: Promise<CacheEntry | undefined>, place: Place) => {
    const said = await entry
    if (fitted.call.signal.aborted) throw new AstraError('cancelled')
    return found(fitted, visit, said, place)
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
    const place = { key, policy }
    if (call.options.cache === 'no-cache')
      return joining.lead(fitted, visit, semantic.learning(fitted, visit, place), 'bypass')
    const entry = store.get(key)
    return entry instanceof Promise ? foundLater(fitted, visit, entry, place) : found(fitted, visit, entry, place)
  }

  const once = (fitted: FittedCall, visit: Visit) => idempotency.once(fitted, visit, () => cached(fitted, visit))

  return {
    concerns: ({ contract, call }) => contract.cache !== undefined || call.options.idempotencyKey !== undefined,
    answer: (fitted, visit) =>
      fitted.call.options.idempotencyKey === undefined ? cached(fitted, visit) : once(fitted, visit),
    async purge(prefix) {
      joining.purge(prefix)
      semantic.purge(prefix)
      return await store.purge(prefix)
    },
    semanticReports: semantic.reports,
    vectors: semantic.vectors,
  }
}

interface Found {
  readonly kept: KeptAnswer
  readonly ageMs: number
  readonly admitted: ReturnType<Visit['admit']>
}
