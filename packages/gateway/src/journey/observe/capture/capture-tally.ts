import type { MissReason } from '../../../kernel/observation.ts'
import { Counts } from '../counts.ts'

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

type Of = Readonly<{ model: string; major: number }>

/** Since the start; for metrics. */
export class CaptureTally {
  readonly #kept = new Counts<Of>()
  readonly #drops = new Counts<Of & { readonly reason: CaptureDropReason }>()

  wrote({ model, major }: Of): void {
    this.#kept.add({ model, major })
  }

  dropped({ model, major }: Of, reason: CaptureDropReason): void {
    this.#drops.add({ model, major, reason })
  }

  kept() {
    return this.#kept.all()
  }

  drops() {
    return this.#drops.all()
  }
}
