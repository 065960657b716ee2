import { AstraError } from '../../kernel/errors.ts'
import type { JsonObject } from '../dialect.ts'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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

/** Its members without those that are undefined, as JSON has no such thing. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/**
 * The arguments of a tool call as an object; undefined where they are none. No text stands for no arguments: that is how vendors
 * stream the call of a tool that takes none.
 */
export function toolInput(argumentsText: string): JsonObject | undefined {
  if (argumentsText.trim() === '') return {}
  try {
    const input: unknown = JSON.parse(argumentsText)
    return isObject(input) ? input : undefined
  } catch {
    return undefined
  }
}

/** For what Anthropic sent and its protocol does not know. */
export function outOfForm(reason: string): AstraError {
  return new AstraError('upstream_failed', { reason: `upstream's answer is out of form: ${reason}` })
}
