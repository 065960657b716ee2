import { AstraError } from '../../../kernel/errors.ts'
import { childPath, pathKeys } from '../../../kernel/schema/facets.ts'
import { formatTable } from '../../../kernel/schema/formats.ts'
import type { JsonObject } from '../../dialect.ts'
import { listAt, textAt, wrongAt } from '../../values.ts'

/** As `values.ts`, of what OpenAI's requests alone have. */

/** For what a request asks that the canonical form has no place for; `path` is its JSON Pointer. */
export function uncarried(field: string, path: string): AstraError {
  return new AstraError('unsupported', {
    detail: `"${field.slice(0, fieldLengthMax)}" cannot be passed to this model`,
    next: 'Leave it out, or use a model served by an OpenAI-compatible backend.',
    violations: [{ path, message: 'is known to OpenAI-compatible backends only' }],
  })
}

/** A caller chose the name; an error is no place for all of it. */
const fieldLengthMax = 64

export function wordAt<Word extends string>(value: unknown, path: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value)
  if (found === undefined) throw wrongAt(path, `must be one of ${words.map((word) => `"${word}"`).join(', ')}`)
  return found
}

export function base64At(value: unknown, path: string): string {
  const text = textAt(value, path)
  if (!formatTable.byte.fits(text)) throw wrongAt(path, 'must be base64')
  return text
}

/** "data:image/png;base64,…" */
export function dataUrlAt(value: unknown, path: string): { readonly mediaType: string; readonly base64: string } {
  const text = textAt(value, path)
  const comma = text.indexOf(',')
  const head = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w-]+=[\w.-]+)*;base64$/i.exec(
    text.slice(0, Math.min(comma, headLengthMax)),
  )
  if (head?.[1] === undefined) throw wrongAt(path, 'must be a URL such as data:image/png;base64,…')
  return { mediaType: head[1].toLowerCase(), base64: base64At(text.slice(comma + 1), path) }
}

const headLengthMax = 256

/** The seeds that a signed integer of 64 bits holds. */
export const seedMax = 2 ** 63

/** One string, or a list of them. */
export function stopAt(value: unknown, path: string): readonly string[] {
  return typeof value === 'string'
    ? [value]
    : listAt(value, path).map((entry, index) => textAt(entry, `${path}/${index}`))
}

/** What a field is for, where leaving it out changes nothing in the answer: why, and the values for which that holds. */
export interface SilentField {
  readonly why: string
  readonly only?: readonly unknown[]
}

/**
 * Refuses every field that `object` has and neither table knows, by a name without places in lists: "messages.name". `null` means left
 * out, as in all of OpenAI's protocol. `path` is the object's JSON Pointer.
 */
export function refuseUnknown(
  object: JsonObject,
  known: Readonly<Record<string, unknown>>,
  silent: Readonly<Record<string, SilentField>>,
  path = '',
): void {
  for (const [field, value] of Object.entries(object)) {
    if (value === null || value === undefined || Object.hasOwn(known, field)) continue
    if (!Object.hasOwn(silent, field) || !isSilent(silent[field], value))
      throw uncarried([...namesIn(path), field].join('.'), childPath(path, field.slice(0, fieldLengthMax)))
  }
}

function namesIn(path: string): readonly string[] {
  return pathKeys(path).filter((key) => !/^\d+$/.test(key))
}

function isSilent(field: SilentField | undefined, value: unknown): boolean {
  if (field?.only === undefined) return field !== undefined
  const json = JSON.stringify(value)
  return field.only.some((allowed) => JSON.stringify(allowed) === json)
}
