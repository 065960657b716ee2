import type { Answer } from '../../../kernel/answer.ts'
import type { CacheStore, SemanticPolicy, SemanticReport } from '../../../kernel/cache.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { AstraError, type ErrorCode, toAstraError } from '../../../kernel/errors.ts'
import type { FittedCall } from '../../assign/fit-inputs.ts'
import { afterWait, isHurried, timeLeftMs } from '../../assign/time-limit.ts'
import type { Joining, Place } from '../joining.ts'
import { decodeKept, type KeptAnswer } from '../kept-answer.ts'
import { replay } from '../replay.ts'
import type { Visit } from '../visit.ts'
import { answerPrint } from './answer-print.ts'
import { type Embedding, embeddingOf } from './embedding.ts'
import { Pauses } from './pauses.ts'
import { type Question, questionOf } from './question.ts'
import { Tally } from './tally.ts'
import { VectorIndex } from './vector-index.ts'
import { within } from './within.ts'

export interface SemanticPorts {
  readonly store: CacheStore
  readonly clock: Clock
  readonly joining: Pick<Joining, 'joinOrLead'>
}

/** What a text came to. */
interface Found {
  readonly embedding: Embedding
  readonly nearest: Kept | undefined
}

/** The answer to the nearest text. */
interface Kept {
  readonly similarity: number
  readonly answer: KeptAnswer
  readonly ageMs: number
}

/** Look-ups whose answer has gone meanwhile, before the call is a miss. */
const triesMax = 3

/**
 * Of calls without an exact answer: whether one was kept to a text that means the same, all else being equal. Vectors are in this gateway's
 * memory, answers where they are kept. A text that gets no vector in time makes the call a miss.
 */
export function createSemantic({ store, clock, joining }: SemanticPorts) {
  const index = new VectorIndex({ clock })
  const pauses = new Pauses(clock)
  const tallies = new Map<string, Tally>()

  const tallyOf = (model: string, major: number): Tally => {
    const name = `${model}@v${major}`
    const known = tallies.get(name) ?? new Tally(model, major)
    tallies.set(name, known)
    return known
  }

  /** Never later than the policy says, and never rejects: undefined for a text that has no vector by then. */
  const embed = async <T>(
    fitted: FittedCall,
    visit: Visit,
    { text, semantic }: Asked,
    then: (embedding: Embedding) => T | Promise<T>,
  ): Promise<T | undefined> => {
    const { call, contract } = fitted
    if (pauses.has(semantic.model)) return undefined
    const leftMs = timeLeftMs(fitted)
    const timeoutMs = Math.ceil(Math.min(semantic.timeoutMs, leftMs))
    const stop = new AbortController()
    const asked = embeddingOf(text, { ...semantic, timeoutMs }, { of: call, visit, clock, signal: stop.signal })
    let fault: ErrorCode | undefined = 'timeout'
    const made = (embedding: Embedding) => {
      fault = undefined
      return then(embedding)
    }
    const failed = (thrown: unknown) => {
      fault = toAstraError(thrown).code
      throw thrown
    }
    const found = await within(asked.then(made, failed), timeoutMs, () => stop.abort(new AstraError('timeout')))
    const hurried = isHurried(call, contract) && leftMs < semantic.timeoutMs
    if (!isCallers(fault, hurried)) pauses.tell(semantic.model, fault === undefined)
    return found
  }

  const nearestKept = async (family: string, { vector, madeBy }: Embedding, ttlMs: number) => {
    for (let tries = 0; tries < triesMax; tries++) {
      const near = index.nearest(`${family} ${madeBy}`, vector)
      if (!near) return undefined
      const entry = await store.get(near.key)
      const answer = entry && decodeKept(entry.bytes)
      const ageMs = entry ? Math.max(0, clock.now() - entry.storedAt) : 0
      if (answer && ageMs <= ttlMs) return { similarity: near.similarity, answer, ageMs }
      index.remove(near.key)
    }
    return undefined
  }

  const look = async (
    fitted: FittedCall,
    visit: Visit,
    asked: Asked,
    { policy }: Place,
  ): Promise<Found | undefined> => {
    const tally = tallyOf(fitted.contract.model, fitted.contract.major)
    const found = await embed(fitted, visit, asked, async (embedding) => ({
      embedding,
      nearest: await nearestKept(asked.family, embedding, policy.ttlMs),
    }))
    if (found) tally.looked(found.nearest?.similarity)
    else tally.failed()
    return found
  }

  const add = ({ vector, madeBy }: Embedding, { family }: Question, { key, policy }: Place) =>
    index.add(`${family} ${madeBy}`, key, vector, clock.now() + policy.ttlMs)

  const serve = async (fitted: FittedCall, visit: Visit, { answer, ageMs, similarity }: Kept): Promise<Answer> => {
    if (fitted.call.signal.aborted) throw new AstraError('cancelled')
    const limits = await visit.admit(fitted)
    return replay(fitted, answer, { outcome: 'semantic', ageMs, similarity }, visit.record, limits)
  }

  return {
    /** Instead of `joinOrLead`, which it ends with where nothing means the same. */
    async answer(fitted: FittedCall, visit: Visit, place: Place): Promise<Answer> {
      const asked = askedOf(fitted, place)
      if (!asked) return await joining.joinOrLead(fitted, visit, place)
      const { semantic } = asked
      const tally = tallyOf(fitted.contract.model, fitted.contract.major)
      const looking = look(fitted, visit, asked, place)
      const close = ({ nearest }: Found) => nearest !== undefined && nearest.similarity >= semantic.similarityMin
      const learn = async (given: KeptAnswer) => {
        const found = await looking
        if (!found) return
        const { embedding, nearest } = found
        add(embedding, asked, place)
        if (nearest) tally.compared(nearest.similarity, answerPrint(nearest.answer) === answerPrint(given))
      }
      const learning = { ...place, kept: (given: KeptAnswer) => void learn(given).catch(ignored) }
      if (semantic.mode === 'measure') {
        void looking.then((found) => found && close(found) && tally.wouldServe())
        return await joining.joinOrLead(fitted, visit, learning)
      }
      const since = clock.elapsed()
      const found = await looking
      if (found?.nearest && close(found)) {
        const answer = await serve(fitted, visit, found.nearest)
        tally.served()
        return answer
      }
      return await joining.joinOrLead(afterWait(fitted, clock.elapsed() - since), visit, learning)
    },

    /** Of a call that asks anew whatever is kept: its answer may be found by others all the same. */
    learning(fitted: FittedCall, visit: Visit, place: Place): Place {
      const asked = askedOf(fitted, place)
      if (!asked) return place
      const learn = () => {
        if (index.renew(place.key, clock.now() + place.policy.ttlMs)) return
        void embed(fitted, visit, asked, (embedding) => add(embedding, asked, place) ?? true)
      }
      return { ...place, kept: learn }
    },

    purge: (prefix: string) => index.purge(prefix),

    /** Since the start, of contracts of which a text was looked up. */
    reports: (): readonly SemanticReport[] => [...tallies.values()].map((tally) => tally.report()),

    vectors: () => ({ entries: index.size, bytes: index.bytes }),
  }
}

interface Asked extends Question {
  readonly semantic: SemanticPolicy
}

function askedOf(fitted: FittedCall, { policy }: Place): Asked | undefined {
  const { semantic } = policy
  const question = semantic && questionOf(fitted, policy)
  return question && { ...question, semantic }
}

/** A text that the model does not take, or a caller with no time to wait for it: neither says anything of how it does for others. */
function isCallers(fault: ErrorCode | undefined, hurried: boolean): boolean {
  return fault === 'invalid_input' || (hurried && (fault === 'timeout' || fault === 'cancelled'))
}

/** The call is answered already: what cannot be compared is not. */
function ignored(): void {}
