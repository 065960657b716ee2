import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../kernel/clock.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { MissReason, Observable, Observation, Observer } from '../../../kernel/observation.ts'
import type { ShadowPair, ShadowReports, ShadowStore } from '../../../kernel/shadow.ts'
import type { OwnCalls } from '../own-calls.ts'
import { refusalOf } from '../refusal.ts'
import { bounded } from '../said.ts'
import { weigh } from '../weigh.ts'
import { compareSaid } from './compare-said.ts'
import { copyOf, isOfShare } from './copy.ts'
import { type Place, Places } from './places.ts'
import { Tally } from './tally.ts'

const requestBytesMax = 16 * 1024 * 1024

export interface ShadowPorts {
  readonly clock: Clock
  readonly store: ShadowStore
  readonly own: Pick<OwnCalls, 'run'>
}

/**
 * Copies a share of the served calls to a version whose answers are not served, and compares. A copy is a call like any other, of the
 * consumer `astra-shadow`, with a Record of its own, and bounded by `Places` instead of by what bounds those that are served: nothing that
 * it does can keep a caller waiting, or be told to one.
 */
export class Shadow implements Observer {
  readonly #clock: Clock
  readonly #own: Pick<OwnCalls, 'run'>
  readonly #tally: Tally
  readonly #places: Places

  constructor({ clock, store, own }: ShadowPorts) {
    this.#clock = clock
    this.#own = own
    this.#tally = new Tally(() => clock.now(), store)
    this.#places = new Places(() => clock.elapsed())
  }

  get reports(): ShadowReports {
    return this.#tally
  }

  get inFlight(): number {
    return this.#places.inFlight
  }

  /** Since the start, by contract and reason. */
  drops(): ReturnType<Tally['drops']> {
    return this.#tally.drops()
  }

  concerns(call: Observable): boolean {
    return isOfShare(call)
  }

  missed(call: Observable, why: MissReason): void {
    const pair = pairOf(call, call.version.id)
    if (pair) this.#tally.dropped(pair, why)
  }

  observed(seen: Observation): void {
    const pair = pairOf(seen, seen.record.versionServed ?? seen.version.id)
    // It may have fallen back on the shadow itself.
    if (!pair || pair.served === pair.shadow) return
    const place = this.#places.take(seen.contract)
    if (typeof place === 'string') this.#tally.dropped(pair, place)
    else void this.#copy({ seen, pair, place })
  }

  /** What was seen goes to the store; see `Tally`. */
  flush(): Promise<void> {
    return this.#tally.flush()
  }

  async #copy(begun: Begun): Promise<void> {
    try {
      await this.#compare(begun)
    } catch {
      this.#tally.failed(begun.pair, 'internal')
    } finally {
      begun.place.release()
    }
  }

  async #compare({ seen, pair, place }: Begun): Promise<void> {
    const { contract, call } = seen
    const served = bounded(seen.said)
    if (served.form === 'none' && served.why === 'too-large') return this.#tally.dropped(pair, 'too-large')
    // Its bytes, and about as much for what was parsed of them.
    const bytes = call.wire ? 2 * call.wire.bytes.length : weigh(call.inputs, requestBytesMax)
    if (bytes > requestBytesMax) return this.#tally.dropped(pair, 'too-large')
    if (!place.holds(bytes)) return this.#tally.dropped(pair, 'full')
    const { said, record } = await this.#own.run({
      role: 'shadow',
      make: (signal) => copyOf(seen, pair.shadow, this.#clock, signal),
      task: contract.task,
    })
    if (!record || record.outcome === 'refused') {
      const refusal = refusalOf(record, said instanceof AstraError ? said : undefined)
      if ('fault' in refusal) return this.#tally.failed(pair, refusal.fault)
      this.#places.pause(contract, refusal.why)
      return this.#tally.dropped(pair, refusal.why)
    }
    if (record.outcome !== 'ok' || said instanceof AstraError) {
      return this.#tally.failed(pair, record.code ?? 'internal')
    }
    // Not in the turn in which callers' answers may have come.
    await turn()
    this.#tally.answered(pair, { served: seen.record, copy: record }, compareSaid(served, bounded(said), contract))
  }
}

interface Begun {
  readonly seen: Observation
  readonly pair: ShadowPair
  readonly place: Place
}

function pairOf({ contract: { model, major, shadow } }: Observable, served: string): ShadowPair | undefined {
  return shadow && { model, major, served, shadow: shadow.version.id }
}
