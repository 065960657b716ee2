/** The word that somebody may have meant, if one is near enough: at most two letters changed, added or left out. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known.map((other) => [distance(word.toLowerCase(), other.toLowerCase()), other] as const)
  const [best] = near.filter(([edits]) => edits <= 2).sort(([a], [b]) => a - b)
  return best?.[1]
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...a.slice(0, 60)].entries()) {
    const next = [row + 1]
    for (let column = 0; column < b.length; column++) {
      const swapped = (previous[column] ?? 0) + (b[column] === letter ? 0 : 1)
      next.push(Math.min(swapped, (previous[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    previous = next
  }
  return previous.at(-1) ?? 0
}
