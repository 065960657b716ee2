import { type FieldNode, Kind, type SelectionSetNode } from 'graphql'
import type { Fragments } from './survey.ts'

/**
 * The fields of selection sets by the name they answer under, fragments followed. For documents without directives and types
 * without interfaces: there a fragment that passed validation always applies.
 */
export function collectFields(
  selectionSets: readonly (SelectionSetNode | undefined)[],
  fragments: Fragments,
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const followed = new Set<string>()
  const collect = (selectionSet: SelectionSetNode | undefined): void => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const nodes = fields.get(key)
        if (nodes) nodes.push(selection)
        else fields.set(key, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet)
      } else if (!followed.has(selection.name.value)) {
        followed.add(selection.name.value)
        collect(fragments.get(selection.name.value)?.selectionSet)
      }
    }
  }
  for (const selectionSet of selectionSets) collect(selectionSet)
  return fields
}
