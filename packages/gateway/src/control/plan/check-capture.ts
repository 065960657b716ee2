import type { CatalogState, ContractRevision } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { CapturePolicy } from '../../kernel/contract-policies.ts'
import { additionalOf, childPath, pathKeys, propertyOf, typesOf } from '../../kernel/schema/facets.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { longDurationText } from '../manifest/quantities.ts'
import { facts } from './facts.ts'
import type { Report } from './report.ts'

const sides = ['input', 'output'] as const
const sidesAdvice = 'Begin with "/input" or "/output", as in "/input/text".'

/** Pointers that name nothing in any revision of their contract: what they were to keep out would be kept. */
export function checkCapture({ models }: Pick<CatalogState, 'models'>, report: Report): void {
  for (const [model, { contracts }] of Object.entries(models)) {
    for (const [major, { capture, revisions }] of Object.entries(contracts)) {
      for (const [i, pointer] of (capture?.redact ?? []).entries()) {
        const faults = revisions.map((revision) => faultOf(pointer, revision))
        const fault = faults.every((one) => one) ? faults.at(-1) : undefined
        const place = ['models', model, 'contracts', `v${major}`, 'capture', 'redact', String(i)]
        if (fault) report('invalid_manifest', place, fault.message, fault.suggestion)
      }
    }
  }
}

interface PointerFault {
  readonly message: string
  readonly suggestion?: string
}

function faultOf(pointer: string, revision: ContractRevision): PointerFault | undefined {
  const [first, ...keys] = pathKeys(pointer)
  const side = sides.find((one) => one === first)
  if (side === undefined || !pointer.startsWith('/')) {
    return { message: `must be a JSON Pointer below "/input" or "/output": "${pointer}"`, suggestion: sidesAdvice }
  }
  let at: readonly Schema[] = [revision[side]]
  for (const [i, key] of keys.entries()) {
    const next = at.flatMap((schema) => under(schema, key))
    if (next.length > 0) {
      at = next
      continue
    }
    const meant = meantIn(at, key)
    const path = (...middle: readonly string[]) => [side, ...keys.slice(0, i), ...middle].reduce(childPath, '')
    return {
      message: `names nothing in the ${side}: there is no "${path(key)}"`,
      ...(meant ? { suggestion: `Did you mean "${[...meant, ...keys.slice(i + 1)].reduce(childPath, path())}"?` } : {}),
    }
  }
  return undefined
}

/** What may stand under a key; "*" is every one. */
export function under(schema: Schema, key: string): readonly Schema[] {
  if (schema.oneOf) return schema.oneOf.flatMap((one) => under(one, key))
  const types = typesOf(schema)
  return [
    ...(!types || types.includes('object') ? fieldsUnder(schema, key) : []),
    ...(!types || types.includes('array') ? entriesUnder(schema, key) : []),
  ]
}

function fieldsUnder(schema: Schema, key: string): readonly Schema[] {
  const more = additionalOf(schema)
  const others = more === true ? [{}] : more ? [more] : []
  if (key === '*') return [...Object.values(schema.properties ?? {}), ...others]
  const own = propertyOf(schema, key)
  return own ? [own] : others
}

function entriesUnder({ prefixItems, items }: Schema, key: string): readonly Schema[] {
  if (key === '*') return prefixItems ?? [items ?? {}]
  if (!/^(?:0|[1-9]\d{0,6})$/.test(key)) return []
  return prefixItems ? prefixItems.slice(Number(key), Number(key) + 1) : [items ?? {}]
}

/** The field that was meant: one that is spelt much alike, or one of each entry of a list. */
function meantIn(at: readonly Schema[], key: string): readonly string[] | undefined {
  if (at.flatMap((schema) => under(schema, '*')).some((entry) => propertyIn(entry, key)) && at.some(isList)) {
    return ['*', key]
  }
  const name = nearest(key, at.flatMap(namesIn))
  return name === undefined ? undefined : [name]
}

function isList(schema: Schema): boolean {
  return schema.oneOf?.some(isList) ?? typesOf(schema)?.includes('array') ?? false
}

function propertyIn(schema: Schema, key: string): boolean {
  return schema.oneOf?.some((one) => propertyIn(one, key)) ?? propertyOf(schema, key) !== undefined
}

function namesIn(schema: Schema): readonly string[] {
  return schema.oneOf?.flatMap(namesIn) ?? Object.keys(schema.properties ?? {})
}

const notesMax = 20

/** What who applies it should know: that nothing is left out. */
export function captureNotes({ models }: Pick<CatalogState, 'models'>): readonly string[] {
  const notes = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { capture }]) => {
      if (capture?.payload !== 'full') return []
      const { share, keepMs } = capture
      const calls = share < 1 ? `${percent(share)} of its calls` : 'every call'
      return [
        `${contractName(model, major)}: capture with payload: full keeps what ${calls} asked and was answered as it is, personal data and secrets too, for ${longDurationText(keepMs)}, for whoever may operate (payload: redacted leaves out what it knows)`,
      ]
    }),
  )
  const more = notes.length - notesMax
  return more > 0 ? [...notes.slice(0, notesMax), `${more} more notes on capture`] : notes
}

/** As a change tells it. */
export function captureText({ payload, share, keepMs, redact }: CapturePolicy): string {
  return facts({
    payload,
    share: percent(share),
    keep: longDurationText(keepMs),
    redact: redact?.join(' '),
  })
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`
}
