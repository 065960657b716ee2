import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { JsonObject } from '../dialect.ts'
import { outOfForm } from '../json.ts'

/** "" for what is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A member without which upstream's answer makes no sense. */
export function textIn(members: JsonObject, name: string): string {
  const value = members[name]
  if (typeof value !== 'string') throw outOfForm(`a content block without "${name}"`)
  return value
}

/**
 * The arguments of a tool call as an object; undefined where they are none. No text stands for no arguments: that is how vendors
 * stream the call of a tool that takes none.
 */
export function toolInput(argumentsText: string): JsonObject | undefined {
  if (argumentsText.trim() === '') return {}
  try {
    const input: unknown = JSON.parse(argumentsText)
    return isJsonObject(input) ? input : undefined
  } catch {
    return undefined
  }
}
