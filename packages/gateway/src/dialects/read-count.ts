/** More tokens than any one answer has: what is above is no count, and would be billed as one. */
const countMax = 1_000_000_000

/** A number of tokens as upstream tells it; undefined for what cannot be one: unknown is not zero, and nobody is paid back. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= countMax ? value : undefined
}
