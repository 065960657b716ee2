import { type Holes, holesUnder, isHole } from '../pointers.ts'
import { isCardNumber, masked } from './patterns.ts'
import { isSecretName } from './secret-names.ts'

/** What stands where something was left out whole. */
export const redactedMark = '[redacted]'
/** Deeper values are left out: no contract's input is so deep, and recursion has an end. */
const depthMax = 200

/**
 * A copy of a JSON value without what the pointers name, without what stands in fields that are named after a secret, and with all texts
 * masked by the patterns, names of fields among them. The value itself is not touched.
 */
export function redacted(value: unknown, holes: Holes, depth = 0): unknown {
  if (isHole(holes) || depth > depthMax) return redactedMark
  if (typeof value === 'string') return masked(value)
  if (typeof value === 'number') return isCardNumber(value) ? '[card]' : value
  if (Array.isArray(value)) {
    // Vectors are long, and seldom named in part.
    const under = (i: number) => (holes.length === 0 ? holes : holesUnder(holes, String(i)))
    return value.map((entry, i) => redacted(entry, under(i), depth + 1))
  }
  if (typeof value !== 'object' || value === null) return value
  const names = new Set<string>()
  // A field may be called "__proto__": only `fromEntries` makes that one a field.
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      // Whatever it is: a password may be a number, or stand in a list.
      const secret = entry !== null && isSecretName(name)
      const left = secret ? '[secret]' : redacted(entry, holesUnder(holes, name), depth + 1)
      return [freeName(masked(name), names), left]
    }),
  )
}

/** Two names that are masked alike are still two. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name} ${n}`
  taken.add(free)
  return free
}
