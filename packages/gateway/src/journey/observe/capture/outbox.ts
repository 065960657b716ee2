import { isAmong, type PayloadStore, type PayloadsOf, type StoredPayload } from '../../../kernel/payload.ts'
import type { CaptureTally } from './capture-tally.ts'

/** Of what waits to be written. */
const charactersMax = 16 * 1024 * 1024
/** Of one batch: Records wait until the writer is done with it. */
const batchCharactersMax = 512 * 1024
const batchMax = 500

/** Payloads on their way to the store, in batches, one at a time. What the store does not take is dropped and counted. */
export class Outbox {
  readonly #store: Pick<PayloadStore, 'put'>
  readonly #tally: Pick<CaptureTally, 'wrote' | 'dropped'>
  #waiting: StoredPayload[] = []
  #characters = 0
  #sending: Promise<void> | undefined
  /** The batch under way. */
  #writing: Promise<void> | undefined

  constructor(store: Pick<PayloadStore, 'put'>, tally: Pick<CaptureTally, 'wrote' | 'dropped'>) {
    this.#store = store
    this.#tally = tally
  }

  add(payload: StoredPayload): void {
    const characters = charactersOf(payload)
    if (this.#characters + characters > charactersMax) this.#tally.dropped(payload, 'store')
    else {
      this.#waiting.push(payload)
      this.#characters += characters
    }
  }

  /** Resolves when all that waits now, or waited when the sending that is under way began, was written or dropped. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  /** Lets go of them. Resolves, when none of them is on its way to the store any more, with how many they were. */
  async forget(of: PayloadsOf): Promise<number> {
    const kept = this.#waiting.filter((payload) => !isAmong(payload, of))
    const gone = this.#waiting.length - kept.length
    this.#waiting = kept
    this.#characters = kept.reduce((sum, payload) => sum + charactersOf(payload), 0)
    await this.#writing
    return gone
  }

  async #sendAll(): Promise<void> {
    // What comes meanwhile waits for the next time: batches are the larger for it.
    for (let left = this.#waiting.length; left > 0 && this.#waiting.length > 0; ) {
      const batch = this.#take()
      left -= batch.length
      this.#writing = this.#write(batch)
      await this.#writing
    }
    this.#writing = undefined
  }

  async #write(batch: readonly StoredPayload[]): Promise<void> {
    try {
      await this.#store.put(batch)
      for (const payload of batch) this.#tally.wrote(payload)
    } catch {
      for (const payload of batch) this.#tally.dropped(payload, 'store')
    }
  }

  #take(): readonly StoredPayload[] {
    let characters = 0
    let count = 0
    for (const payload of this.#waiting) {
      if (count === batchMax || (count > 0 && characters + charactersOf(payload) > batchCharactersMax)) break
      characters += charactersOf(payload)
      count++
    }
    this.#characters -= characters
    return this.#waiting.splice(0, count)
  }
}

function charactersOf({ inputs, outputs }: StoredPayload): number {
  return inputs.length + outputs.length
}
