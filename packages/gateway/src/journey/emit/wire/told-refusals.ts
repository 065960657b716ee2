import type { AstraError } from '../../../kernel/errors.ts'
import type { ToldError } from './tell-error.ts'

/** Of a protocol; a bound's text is some hundred characters. */
const textsMax = 64

/** An error in a protocol's words. */
export interface Worded {
  readonly told: ToldError
  /** The body that tells it, where no call's id is in it. */
  body: string | undefined
}

interface Kept extends Worded {
  readonly code: string
  readonly next: string | undefined
}

/** What bounds refuse with: the same text goes out by the thousand, and to word it is a tenth of what a refusal costs in memory. */
export class ToldRefusals {
  #kept = new Map<string, Kept>()

  word(error: AstraError, tell: () => ToldError): Worded {
    const { detail, next, refusedBy, violations } = error.facts
    if (detail === undefined || !refusedBy || violations) return { told: tell(), body: undefined }
    const kept = this.#kept.get(detail)
    if (kept && kept.code === error.code && kept.next === next) return kept
    // A new Map: what comes and goes in one that is old holds on to what went (`kernel/transient-map.ts`).
    if (this.#kept.size >= textsMax) this.#kept = new Map()
    const worded = { code: error.code, next, told: tell(), body: undefined }
    this.#kept.set(detail, worded)
    return worded
  }
}
