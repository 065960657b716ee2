import type { CatalogState } from '../kernel/catalog-state.ts'

const known = new WeakMap<CatalogState, readonly string[]>()

/** The claims that any traffic rule asks about: no others are kept of a token. */
export function claimsInRules(state: CatalogState): readonly string[] {
  let paths = known.get(state)
  if (!paths) {
    const contracts = Object.values(state.models).flatMap((model) => Object.values(model.contracts))
    const rules = contracts.flatMap(({ rules = [] }) => rules)
    paths = [...new Set(rules.flatMap(({ claims = {} }) => Object.keys(claims)))]
    known.set(state, paths)
  }
  return paths
}
