import { versionKey } from '../../kernel/catalog.ts'
import type { CatalogState, VersionState } from '../../kernel/catalog-state.ts'

/** A version that takes calls. */
export interface LiveVersion {
  readonly model: string
  readonly major: string
  readonly id: string
  readonly state: VersionState
}

/** By `versionKey`. */
export function liveVersions({ models }: CatalogState): ReadonlyMap<string, LiveVersion> {
  const live = new Map<string, LiveVersion>()
  for (const [model, { contracts }] of Object.entries(models)) {
    for (const [major, { versions }] of Object.entries(contracts)) {
      for (const [id, state] of Object.entries(versions)) {
        if (!state.retired) live.set(versionKey(model, major, id), { model, major, id, state })
      }
    }
  }
  return live
}
