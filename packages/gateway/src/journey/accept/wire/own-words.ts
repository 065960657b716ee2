import type { JsonObject } from '../../../dialects/dialect.ts'
import type { ChatRequest } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject, pathKeys } from '../../../kernel/schema/facets.ts'

/** What a protocol calls the fields of a canonical request; where it has several words for one, that which was sent counts. */
export type OwnWords = Readonly<Partial<Record<CanonicalField, string | readonly string[]>>>

type CanonicalField = Exclude<keyof ChatRequest, 'messages'> | 'reasoning.effort' | 'reasoning.tokensMax'

/** What upstream cannot be told, in the words in which the caller asked for it; any other error as it is. */
export function inOwnWords(error: AstraError, words: OwnWords, body: JsonObject): AstraError {
  const { field, detail = '', violations = [] } = error.facts
  if (field === undefined) return error
  const own = (name: string) => ownWord(name, words, body)
  const shown = field.replaceAll(fieldNames, (name) => own(name) ?? name)
  const [named = ''] = field.match(fieldNames) ?? []
  const place = own(named) ?? own(pathKeys(violations[0]?.path ?? '').join('.'))
  return new AstraError(error.code, {
    ...error.facts,
    detail: detail.replace(`"${field}"`, () => `"${shown}"`),
    ...(place === undefined
      ? {}
      : { violations: [{ path: `/${place.replaceAll('.', '/')}`, message: 'cannot be passed on' }] }),
  })
}

/** A word at the beginning, and further on those that no English text has: "reasoning.effort", "topK". */
const fieldNames = /^[a-z]+[A-Za-z]*(?:\.[a-z][A-Za-z]*)?(?= |$)|\b[a-z]+(?:[A-Z]|\.[a-z])[A-Za-z]*\b/g

/** Of "tools.strict", where the whole has none, that of "tools". Undefined where the protocol has no word. */
function ownWord(name: string, words: OwnWords, body: JsonObject): string | undefined {
  const table: Readonly<Record<string, string | readonly string[]>> = words
  const known = Object.hasOwn(table, name) ? [table[name] ?? []].flat() : []
  const word = known.find((one) => isSent(one.split('.'), body)) ?? known[0]
  if (word !== undefined || !name.includes('.')) return word
  const [head = '', ...rest] = name.split('.')
  const above = ownWord(head, words, body)
  return above && [above, ...rest].join('.')
}

function isSent([first = '', ...rest]: readonly string[], value: unknown): boolean {
  if (!isJsonObject(value) || value[first] === undefined) return false
  return rest.length === 0 || isSent(rest, value[first])
}
