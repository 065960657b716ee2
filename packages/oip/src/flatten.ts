/**
 * Flattens nested arrays, row-major, into `into`. `sizes` is the length expected at each depth; a -1 is set to the
 * first length met there, so that every later array has to agree with it.
 * @returns what is wrong, as the end of a sentence, or undefined.
 */
export function flatten(value: unknown, sizes: number[], into: unknown[], depth = 0): string | undefined {
  if (depth === sizes.length) {
    into.push(value)
    return undefined
  }
  if (!Array.isArray(value)) return `has no array at depth ${depth + 1}`
  if (sizes[depth] === -1) sizes[depth] = value.length
  if (value.length !== sizes[depth]) {
    return `has an array of length ${value.length} at depth ${depth + 1} where ${sizes[depth]} is due`
  }
  for (const item of value) {
    const fault = flatten(item, sizes, into, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
