export interface NumberDistance {
  readonly absolute: number
  /** |a - b| over the larger magnitude; 0 for equal numbers, at most 2 (opposite signs). */
  readonly relative: number
}

/** NaN and the infinities are only near themselves: else both distances are as large as they get. */
export function numberDistance(a: number, b: number): NumberDistance {
  if (a === b || Object.is(a, b)) return { absolute: 0, relative: 0 }
  if (!(Number.isFinite(a) && Number.isFinite(b))) return { absolute: Number.MAX_VALUE, relative: 2 }
  const larger = Math.max(Math.abs(a), Math.abs(b))
  // Divided first: the difference of two finite numbers may overflow.
  return { absolute: Math.min(Math.abs(a - b), Number.MAX_VALUE), relative: Math.abs(a / larger - b / larger) }
}

/** (1 - cosine) / 2 in [0, 1]: 0 for the same direction, 1 for the opposite one or for vectors that can't be compared. */
export function vectorDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length > dimensionsMax) return 1
  const largest = (vector: readonly number[]) => vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0) || 1
  const [scaleA, scaleB] = [largest(a), largest(b)]
  let [product, squareA, squareB] = [0, 0, 0]
  for (const [at, raw] of a.entries()) {
    const [x, y] = [raw / scaleA, (b[at] ?? 0) / scaleB]
    product += x * y
    squareA += x * x
    squareB += y * y
  }
  if (squareA === 0 && squareB === 0) return 0
  const cosine = product / Math.sqrt(squareA * squareB)
  return Number.isFinite(cosine) ? Math.min(1, Math.max(0, (1 - cosine) / 2)) : 1
}

const dimensionsMax = 65_536
