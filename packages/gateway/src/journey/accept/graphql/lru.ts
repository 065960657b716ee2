/** The most recently used entries: at most `entriesMax`, and at most `weightMax` of them together. */
export interface Lru<V> {
  get(key: string): V | undefined
  put(key: string, value: V, weight?: number): void
  clear(): void
}

export function lru<V>(entriesMax: number, weightMax = Infinity): Lru<V> {
  const entries = new Map<string, { readonly value: V; readonly weight: number }>()
  let total = 0
  const drop = (key: string) => {
    total -= entries.get(key)?.weight ?? 0
    entries.delete(key)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      // A Map keeps the order of insertion: the first is the least recently used.
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    put(key, value, weight = 0) {
      drop(key)
      entries.set(key, { value, weight })
      total += weight
      for (const oldest of entries.keys()) {
        if (entries.size <= entriesMax && total <= weightMax) break
        drop(oldest)
      }
    },
    clear() {
      entries.clear()
      total = 0
    },
  }
}
