import type { CatalogState } from '../../kernel/catalog.ts'
import { contractName } from '../catalog/held-traffic.ts'

const notesMax = 20

/** Shadows that would be compared with themselves. No fault: a roll-out comes to this by itself, when the shadow takes over. */
export function shadowNotes({ models }: CatalogState): readonly string[] {
  const notes = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { shadow, weights }]) => {
      const [only, ...others] = Object.keys(weights)
      if (!shadow || only !== shadow.version || others.length > 0) return []
      return [`${contractName(model, major)}: its shadow ${only} has all the traffic, so there is nothing to compare`]
    }),
  )
  const more = notes.length - notesMax
  return more > 0 ? [...notes.slice(0, notesMax), `${more} more notes on shadows`] : notes
}
