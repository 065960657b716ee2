import type { Clock } from '../../../kernel/clock.ts'

const failuresMax = 5
const pauseMs = 5000

/** An embedding model that fails several times in a row is left alone for a while, so that not every call waits for it in vain. */
export class Pauses {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #failures = new Map<string, { inARow: number; until: number }>()

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  has(model: string): boolean {
    return (this.#failures.get(model)?.until ?? 0) > this.#clock.elapsed()
  }

  tell(model: string, well: boolean): void {
    if (well) {
      this.#failures.delete(model)
      return
    }
    const inARow = (this.#failures.get(model)?.inARow ?? 0) + 1
    // One that fails again after a pause begins the next at once.
    const until = inARow >= failuresMax ? this.#clock.elapsed() + pauseMs : 0
    this.#failures.set(model, { inARow, until })
  }
}
