import type { CaseSetStore, GatePass, StoredSet } from '../../../kernel/case-set.ts'

/** Sets and passes in memory, for tests; how many there may be is for stores to say. */
export function memorySets(): CaseSetStore {
  const sets = new Map<string, StoredSet>()
  const passes = new Map<string, GatePass>()
  return {
    list: async () => [...sets.values()].map(({ set }) => set),
    put: async (set, lines) => void sets.set(set.name, { set, lines }),
    async lines({ name, from, limit = Infinity }) {
      const stored = sets.get(name)
      return stored && { ...stored, lines: stored.lines.slice(from, from + limit) }
    },
    remove: async (name) => sets.delete(name),
    passes: async (keys) => keys.flatMap((key) => passes.get(key) ?? []),
    savePass: async (pass) => void passes.set(pass.key, pass),
  }
}
