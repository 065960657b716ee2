import { type ConfusionCell, type LabelFigures, labelsMax } from '../../kernel/evaluation.ts'

/** Different labels that are counted by name. */
const namedMax = 1000
const others = '(other labels)'

interface Counts {
  expected: number
  answered: number
  right: number
}

/** Which labels were expected, and which were answered. */
export class LabelTally {
  readonly #labels = new Map<string, Counts>()
  /** By expected, then by answered. */
  readonly #cells = new Map<string, Map<string, number>>()
  #compared = 0

  /** `answered` is undefined where the case failed. */
  add(expected: string, answered: string | undefined): void {
    const wanted = this.#named(expected)
    this.#counts(wanted).expected++
    if (answered === undefined) return
    this.#compared++
    const given = this.#named(answered)
    this.#counts(given).answered++
    if (expected === answered) this.#counts(wanted).right++
    const row = this.#cells.get(wanted) ?? new Map<string, number>()
    this.#cells.set(wanted, row)
    row.set(given, (row.get(given) ?? 0) + 1)
  }

  /** Undefined where no labels were compared. */
  told(): { readonly labels: readonly LabelFigures[]; readonly confusion: readonly ConfusionCell[] } | undefined {
    if (this.#compared === 0) return undefined
    const frequent = [...this.#labels]
      .toSorted(([, a], [, b]) => b.expected + b.answered - a.expected - a.answered)
      .slice(0, labelsMax)
    const labels = frequent.map(([label, counts]) => ({
      label,
      ...counts,
      ...(counts.answered > 0 ? { precision: counts.right / counts.answered } : {}),
      ...(counts.expected > 0 ? { recall: counts.right / counts.expected } : {}),
    }))
    const shown = new Set(labels.map(({ label }) => label))
    const confusion = [...this.#cells].flatMap(([expected, row]) =>
      [...row].flatMap(([answered, cases]) =>
        shown.has(expected) && shown.has(answered) ? [{ expected, answered, cases }] : [],
      ),
    )
    return { labels, confusion }
  }

  #named(label: string): string {
    return this.#labels.has(label) || this.#labels.size < namedMax ? label : others
  }

  #counts(label: string): Counts {
    const counts = this.#labels.get(label) ?? { expected: 0, answered: 0, right: 0 }
    this.#labels.set(label, counts)
    return counts
  }
}
