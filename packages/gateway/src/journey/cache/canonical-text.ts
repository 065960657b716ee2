/**
 * A value as text that is equal for equal values, whatever the order of keys, and only for those. Undefined where there is none: of an
 * integer beyond 2^53, JSON says more digits than a number here holds, so that two that differ would look alike.
 */
export function canonicalText(value: unknown): string | undefined {
  const parts: string[] = []
  return write(value, parts) ? parts.join('') : undefined
}

/** False where there is no such text. */
function write(value: unknown, parts: string[]): boolean {
  switch (typeof value) {
    case 'string':
      parts.push(JSON.stringify(value))
      return true
    case 'number':
      if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return false
      parts.push(Object.is(value, -0) ? '-0' : String(value))
      return true
    case 'bigint':
      parts.push(`${value}n`)
      return true
    case 'boolean':
      parts.push(value ? 'true' : 'false')
      return true
    case 'object':
      if (value === null) parts.push('null')
      else if (Array.isArray(value)) return writeList(value, parts)
      else return isPlain(value) && writeObject(value, parts)
      return true
    default:
      return false
  }
}

function writeList(list: readonly unknown[], parts: string[]): boolean {
  parts.push('[')
  for (const element of list) {
    if (!write(element, parts)) return false
    parts.push(',')
  }
  parts.push(']')
  return true
}

function writeObject(object: Readonly<Record<string, unknown>>, parts: string[]): boolean {
  parts.push('{')
  for (const key of Object.keys(object).sort()) {
    const member = object[key]
    // As JSON.stringify leaves it out.
    if (member === undefined) continue
    parts.push(JSON.stringify(key), ':')
    if (!write(member, parts)) return false
    parts.push(',')
  }
  parts.push('}')
  return true
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
