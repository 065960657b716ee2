import type { CatalogState, ContractRevision } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { under } from './check-capture.ts'

const notesMax = 20

/**
 * Shadows that would be compared with themselves, which is no fault: a roll-out comes to this by itself, when the shadow takes over; and
 * pointers that leave nothing out of a comparison.
 */
export function shadowNotes({ models }: CatalogState): readonly string[] {
  const notes = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { shadow, weights, revisions }]) => {
      if (!shadow) return []
      const name = contractName(model, major)
      const [only, ...others] = Object.keys(weights)
      const alone = only === shadow.version && others.length === 0
      const nowhere = (shadow.compare?.ignore ?? []).filter((pointer) => revisions.every((one) => !leads(pointer, one)))
      return [
        ...(alone ? [`${name}: its shadow ${only} has all the traffic, so there is nothing to compare`] : []),
        ...nowhere.map((pointer) => `${name}: its shadow is compared without "${pointer}", which no output has`),
      ]
    }),
  )
  const more = notes.length - notesMax
  return more > 0 ? [...notes.slice(0, notesMax), `${more} more notes on shadows`] : notes
}

function leads(pointer: string, { output }: ContractRevision): boolean {
  const step = (at: readonly Schema[], key: string) => at.flatMap((schema) => under(schema, key))
  return pathKeys(pointer).reduce(step, [output]).length > 0
}
