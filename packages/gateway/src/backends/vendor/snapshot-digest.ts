import { createHash } from 'node:crypto'

/** Names that end in a date are never given to another model: gpt-4o-2024-08-06, claude-sonnet-4-20250514. */
const dated = /[-@:](?:20\d\d-[01]\d-[0-3]\d|20\d\d[01]\d[0-3]\d)$/

/** Stands for a model at a vendor where its name does; undefined for a name that the vendor may give to another model. */
export function snapshotDigest(vendor: string, model: string): string | undefined {
  if (!dated.test(model)) return undefined
  return `sha256:${createHash('sha256').update(`${vendor}/${model}`).digest('hex')}`
}
