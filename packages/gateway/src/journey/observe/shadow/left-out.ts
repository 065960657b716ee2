import { type Holes, holesUnder, isHole } from '../pointers.ts'

/** The value without what the pointers name; what they do not touch is the value's own. An entry of a list leaves its place empty. */
export function leftOut(value: unknown, holes: Holes): unknown {
  if (holes.length === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.map((entry, i) => {
      const under = holesUnder(holes, String(i))
      return isHole(under) ? null : leftOut(entry, under)
    })
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => {
      const under = holesUnder(holes, name)
      return isHole(under) ? [] : [[name, leftOut(entry, under)]]
    }),
  )
}
