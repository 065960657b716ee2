/**
 * The candidate that a mistyped word most likely meant: the one with the fewest typing slips (Damerau–Levenshtein, letter
 * case aside), or undefined when none is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > charactersMax) return undefined
  let fewest = slipsAllowed(word.length) + 1
  let found: string | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase())
    if (slips < fewest) [fewest, found] = [slips, candidate]
  }
  return found
}

/** The advice that goes with a near candidate; spread it into a violation. */
export function didYouMean(word: string, candidates: Iterable<string>): { readonly suggestion?: string } {
  const meant = nearest(word, candidates)
  return meant === undefined ? {} : { suggestion: `Did you mean "${meant}"?` }
}

const charactersMax = 64

function slipsAllowed(length: number): number {
  return length <= 3 ? 1 : length <= 7 ? 2 : 3
}

/** Insertions, deletions, replacements and swaps of neighbours, by the usual table of which three rows are kept. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let slips = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) slips = Math.min(slips, at(beforeLast, j - 2) + 1)
      row.push(slips)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
