import { normalDraw, seededRandom } from '../../simulation/random.ts'

/** Draws for tests that are random but the same at each run. */
export function seeded(seed: number) {
  const uniform = seededRandom(seed)
  const normal = (): number => normalDraw(uniform)
  /** A category's name, by its share. */
  const category = (shares: readonly number[]): string => {
    let left = uniform()
    const at = shares.findIndex((share) => {
      left -= share
      return left < 0
    })
    return String(at < 0 ? shares.length - 1 : at)
  }
  return { uniform, normal, category }
}

export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}
