import type { MissReason } from '../../../kernel/observation.ts'

/** Why the payload of a call of the share is not kept. */
export type CaptureDropReason =
  /** Too many wait to be read, or are followed at once. */
  | MissReason
  /** What was asked or what was answered is longer than what is kept. */
  | 'too-large'
  /** Its bytes cannot be read as the task's canonical form, or a stream had no words. */
  | 'form'
  /** The store did not take it, or is so far behind that too many wait to be written. */
  | 'store'

interface Of {
  readonly model: string
  readonly major: number
}

interface Count extends Of {
  calls: number
}

/** Since the start; for metrics. */
export class CaptureTally {
  readonly #kept = new Map<string, Count>()
  readonly #drops = new Map<string, Count & { readonly reason: CaptureDropReason }>()

  wrote({ model, major }: Of): void {
    const key = `${model}@v${major}`
    const known = this.#kept.get(key) ?? { model, major, calls: 0 }
    known.calls++
    this.#kept.set(key, known)
  }

  dropped({ model, major }: Of, reason: CaptureDropReason): void {
    const key = `${model}@v${major} ${reason}`
    const known = this.#drops.get(key) ?? { model, major, reason, calls: 0 }
    known.calls++
    this.#drops.set(key, known)
  }

  kept(): readonly Readonly<Count>[] {
    return [...this.#kept.values()]
  }

  drops() {
    return [...this.#drops.values()]
  }
}
