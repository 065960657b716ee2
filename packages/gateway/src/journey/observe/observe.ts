import type { Answer } from '../../kernel/answer.ts'
import { isInternal } from '../../kernel/internal-consumers.ts'
import type { Observable, Observer, Said } from '../../kernel/observation.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { HeardStream } from './heard-stream.ts'
import { Places } from './places.ts'
import { saidBy } from './said.ts'

/** Calls that are not answered yet, of which only their beginning is known; streams whose words are kept. Of all observers together. */
const followedMax = 16_384
const heardMax = 512

/** A call that some observer wants, until both its answer and its Record are there. */
interface Followed {
  readonly seen: Observable
  readonly by: readonly Observer[]
  said: Said | undefined
  record: CallRecord | undefined
}

/**
 * The one place that tells observers what may be learnt from a call. Each call is followed once, however many want it, and they are told
 * in a turn of its own after it was answered well: nobody is served the slower for it but by the time that it takes.
 */
export class Observers {
  readonly #observers: readonly Observer[]
  readonly #faulted: (thrown: unknown) => void
  readonly #followed = new Map<string, Followed>()
  readonly #places = new Places(followedMax)
  readonly #heard = new Set<Followed>()
  readonly #hearing = new Places(heardMax)

  /** `faulted`: an observer threw, which it must not, and which harms no other. */
  constructor(observers: readonly Observer[], faulted: (thrown: unknown) => void) {
    this.#observers = observers
    this.#faulted = faulted
  }

  /** The answer as it is, or of a stream, as it passes: what it says is noted where an observer wants the call. */
  follow(seen: Observable, answer: () => Answer | Promise<Answer>): Answer | Promise<Answer> {
    const by = this.#concerned(seen)
    if (!by) return answer()
    if (!this.#places.take(seen)) {
      this.#missed(by, seen)
      return answer()
    }
    const followed: Followed = { seen, by, said: undefined, record: undefined }
    this.#followed.set(seen.call.id, followed)
    const answered = answer()
    if (!(answered instanceof Promise)) return this.#listen(followed, answered)
    return answered.then(
      (answer) => this.#listen(followed, answer),
      (thrown) => {
        this.#forget(followed)
        throw thrown
      },
    )
  }

  /** Each Record, when it is kept: it says whether the call was answered well. */
  kept(record: CallRecord): void {
    if (this.#followed.size === 0) return
    const followed = this.#followed.get(record.id)
    if (!followed) return
    followed.record = record
    if (record.outcome === 'ok') this.#tell(followed)
    else this.#forget(followed)
  }

  /** What the gateway asks on its own account is no traffic, and where no model is asked there is nothing to learn. */
  #concerned(seen: Observable): readonly Observer[] | undefined {
    if (seen.way === 'here' || seen.call.role !== undefined || isInternal(seen.caller.consumer)) return undefined
    let by: Observer[] | undefined
    for (const observer of this.#observers) {
      if (!this.#concerns(observer, seen)) continue
      if (by) by.push(observer)
      else by = [observer]
    }
    return by
  }

  #concerns(observer: Observer, seen: Observable): boolean {
    try {
      return observer.concerns(seen)
    } catch (thrown) {
      this.#faulted(thrown)
      return false
    }
  }

  #listen(followed: Followed, answer: Answer): Answer {
    const { seen, by } = followed
    // What a cache answers is the same each time.
    if (answer.cached) this.#forget(followed)
    else if (answer.kind === 'whole') this.#said(followed, saidBy(answer, seen.call))
    else if (this.#followed.has(seen.call.id)) {
      if (!this.#hearing.take(seen)) {
        this.#forget(followed)
        this.#missed(by, seen)
        return answer
      }
      this.#heard.add(followed)
      return {
        ...answer,
        events: new HeardStream(answer.events, seen.contract.task, (said) => this.#said(followed, said)),
      }
    }
    return answer
  }

  #said(followed: Followed, said: Said | undefined): void {
    followed.said = said
    if (said) this.#tell(followed)
    else this.#forget(followed)
  }

  #forget(followed: Followed): void {
    if (this.#followed.delete(followed.seen.call.id)) this.#places.free(followed.seen)
    if (this.#heard.delete(followed)) this.#hearing.free(followed.seen)
  }

  /** Once both are there: the answer and its Record. */
  #tell(followed: Followed): void {
    const { seen, by, said, record } = followed
    if (!said || !record || !this.#followed.has(seen.call.id)) return
    this.#forget(followed)
    const { call, caller, contract, version, way } = seen
    const observation = { call, caller, contract, version, way, said, record }
    setImmediate(() => {
      for (const observer of by) this.#safely(() => observer.observed(observation))
    })
  }

  #missed(by: readonly Observer[], seen: Observable): void {
    for (const observer of by) this.#safely(() => observer.missed(seen, 'full'))
  }

  #safely(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      this.#faulted(thrown)
    }
  }
}
