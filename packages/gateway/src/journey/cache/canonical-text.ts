/**
 * A value as text that is equal for equal values, whatever the order of keys, and only for those. Undefined where there is none: of an
 * integer beyond 2^53, JSON says more digits than a number here holds, so that two that differ would look alike.
 *
 * JSON of a copy whose keys are in order: to put the text together piece by piece took twice the memory.
 *
 * Its form is part of what stores keep: another one makes every kept answer a miss, and refuses who repeats an Idempotency-Key of before.
 */
export function canonicalText(value: unknown): string | undefined {
  const copy = ordered(value)
  return copy === noText ? undefined : JSON.stringify(copy)
}

/** In place of what has no text. */
export const noText = Symbol()

/** What `canonicalText` writes, for whoever writes it with more. */
export function ordered(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return noText
      return Object.is(value, -0) ? beyondJson('-0') : value
    case 'bigint':
      return beyondJson(`${value}n`)
    case 'object':
      if (value === null) return value
      if (Array.isArray(value)) return orderedList(value)
      return isPlain(value) ? orderedObject(value, noNames) : noText
    default:
      return noText
  }
}

/** JSON has no words for it. No value looks like this one, as its keys are out of order. */
function beyondJson(text: string): unknown {
  return { text, beyond: 'JSON' }
}

function orderedList(list: readonly unknown[]): unknown {
  const copy: unknown[] = []
  for (const element of list) {
    const one = ordered(element)
    if (one === noText) return noText
    copy.push(one)
  }
  return copy
}

/** The same without the members named in `aside`. */
export function orderedObject(object: Readonly<Record<string, unknown>>, aside: readonly string[]): unknown {
  const copy: Record<string, unknown> = {}
  for (const key of sorted(Object.keys(object))) {
    const member = object[key]
    // As JSON.stringify leaves it out.
    if (member === undefined || aside.includes(key)) continue
    const one = ordered(member)
    if (one === noText) return noText
    if (key === '__proto__') Object.defineProperty(copy, key, { value: one, enumerable: true })
    else copy[key] = one
  }
  return copy
}

const noNames: readonly string[] = []

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
