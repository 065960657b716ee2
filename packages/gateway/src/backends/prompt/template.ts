import { additionalOf, isJsonObject, propertyOf, typesOf } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'

/**
 * Text with places for values: `{{input}}`, or a field of it, `{{input.sender.name}}`. A value goes in as JSON between two marks, and
 * nothing that it holds can end it: in JSON text quotes and line ends are escaped, and `</` is written `<\/`, which JSON reads as the
 * same. What was put in is never read as template again. So a reader of the rendered text, who knows the template, gets back every
 * value exactly.
 */
export type Template = readonly Part[]

type Part = string | Placeholder

/** Field names from the input downwards. */
export interface Placeholder {
  readonly path: readonly string[]
}

export const dataMarks = { begin: '<data>', end: '</data>' } as const

const placeholderPattern = /^\s*input((?:\.[^\s.{}]+)*)\s*$/

/** Or what is wrong with the text. */
export function parseTemplate(text: string): { readonly template: Template } | { readonly fault: string } {
  const [before = '', ...pieces] = text.split('{{')
  const template: Part[] = [before]
  for (const piece of pieces) {
    const end = piece.indexOf('}}')
    const path = end === -1 ? undefined : placeholderPattern.exec(piece.slice(0, end))?.[1]
    if (path === undefined) {
      const shown = `{{${end === -1 ? piece.slice(0, 20) : piece.slice(0, Math.min(end, 60))}`
      const what = end === -1 ? 'is not closed by "}}"' : 'is no placeholder'
      return { fault: `${JSON.stringify(shown)} ${what}: write {{input}}, or a field of it as {{input.name}}` }
    }
    template.push({ path: path.split('.').slice(1) }, piece.slice(end + 2))
  }
  return { template }
}

export function placeholdersOf(template: Template): readonly Placeholder[] {
  return template.filter((part) => typeof part !== 'string')
}

export function render(template: Template, input: unknown): string {
  return template.map((part) => (typeof part === 'string' ? part : asData(valueAt(input, part.path)))).join('')
}

/** A field that is left out is null. */
function valueAt(input: unknown, path: readonly string[]): unknown {
  let value = input
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : null
  return value ?? null
}

function asData(value: unknown): string {
  return dataMarks.begin + JSON.stringify(value).replaceAll('</', '<\\/') + dataMarks.end
}

/** The fields that could have stood where the path leaves the schema; undefined where it does not. */
export function leavesSchema(schema: Schema, [name, ...rest]: readonly string[]): readonly string[] | undefined {
  if (name === undefined) return undefined
  if (schema.oneOf) {
    const left = schema.oneOf.map((branch) => leavesSchema(branch, [name, ...rest]))
    return left.includes(undefined) ? undefined : left.flatMap((names = []) => names)
  }
  if (typesOf(schema)?.includes('object') === false) return []
  const field = propertyOf(schema, name) ?? additionalOf(schema)
  if (typeof field === 'object') return leavesSchema(field, rest)
  return field ? undefined : Object.keys(schema.properties ?? {})
}
