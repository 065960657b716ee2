import { facets, type Schema } from './schema.ts'

/** A JSDoc comment with the line end behind it; nothing where there is nothing to say. */
export function docComment(paragraphs: readonly string[], indent: string): string {
  const lines = paragraphs.flatMap((paragraph) => paragraph.split(/\r\n|\r|\n/)).map((line) => line.trimEnd())
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'))
  if (safe.length === 0) return ''
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`
  return `${indent}/**\n${safe.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`
}

/** What a property's comment says: its description, then what its type cannot. */
export function schemaDoc(schema: Schema): string[] {
  const { description, title, deprecated } = schema
  const bounds = facets.filter((facet) => schema[facet] !== undefined).map((facet) => `${facet} ${schema[facet]}`)
  return [
    ...prose(description ?? title),
    ...(bounds.length > 0 ? [bounds.join(', ')] : []),
    ...('default' in schema ? [`@default ${JSON.stringify(schema.default)}`] : []),
    ...(deprecated ? ['@deprecated'] : []),
  ]
}

/** Somebody's own words: an "@" that begins a line of them begins no tag. */
export function prose(text: string | undefined): string[] {
  const trimmed = text?.trim()
  return trimmed ? [trimmed.replace(/^(\s*)@/gm, '$1\\@')] : []
}
