type Named = Readonly<Record<string, string | number>>

/** Calls since the start, by what is named of them: for metrics, so they only grow. What is declared bounds how many there are. */
export class Counts<Of extends Named> {
  readonly #counts = new Map<string, { readonly of: Of; calls: number }>()

  add(of: Of): void {
    const key = Object.values(of).join(' ')
    const known = this.#counts.get(key)
    if (known) known.calls++
    else this.#counts.set(key, { of, calls: 1 })
  }

  all(): readonly (Of & { readonly calls: number })[] {
    return [...this.#counts.values()].map(({ of, calls }) => ({ ...of, calls }))
  }
}
