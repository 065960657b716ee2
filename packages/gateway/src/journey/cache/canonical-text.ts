/**
 * A value as text that is equal for equal values, whatever the order of keys, and only for those. Undefined where there is none: of an
 * integer beyond 2^53, JSON says more digits than a number here holds, so that two that differ would look alike.
 */
export function canonicalText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return undefined
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return textOfList(value)
      return isPlain(value) ? textOfObject(value) : undefined
    default:
      return undefined
  }
}

function textOfList(list: readonly unknown[]): string | undefined {
  let all = '['
  for (const element of list) {
    const text = canonicalText(element)
    if (text === undefined) return undefined
    all += `${text},`
  }
  return `${all}]`
}

/** Without the members named in `aside`. */
export function textOfObject(
  object: Readonly<Record<string, unknown>>,
  aside: readonly string[] = none,
): string | undefined {
  let all = '{'
  for (const key of sorted(Object.keys(object))) {
    if (aside.includes(key)) continue
    const member = object[key]
    // As JSON.stringify leaves it out.
    if (member === undefined) continue
    const text = canonicalText(member)
    if (text === undefined) return undefined
    all += `${JSON.stringify(key)}:${text},`
  }
  return `${all}}`
}

const none: readonly string[] = []

/** As most objects have few keys, and most of those come in order, each is put before those that are greater: a sort makes 1.6 kB of garbage. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > insertedMax) return keys.sort()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let at = i
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string
    keys[at] = key
  }
  return keys
}

const insertedMax = 16

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
