import type { CaseSetStore, GateResult, StoredSet } from '../../../kernel/case-set.ts'

/** Sets and results of gates in memory, for tests; how many there may be is for stores to say. */
export function memorySets(): CaseSetStore {
  const sets = new Map<string, StoredSet>()
  const results = new Map<string, GateResult>()
  return {
    list: async () => [...sets.values()].map(({ set }) => set),
    put: async (set, lines) => void sets.set(set.name, { set, lines }),
    async lines({ name, from, limit = Infinity }) {
      const stored = sets.get(name)
      return stored && { ...stored, lines: stored.lines.slice(from, from + limit) }
    },
    remove: async (name) => sets.delete(name),
    gateResults: async (keys) => keys.flatMap((key) => results.get(key) ?? []),
    async saveGateResult(result) {
      const before = results.get(result.key)?.misses ?? 0
      results.set(result.key, { ...result, misses: before + (result.passed ? 0 : 1) })
    },
  }
}
