import type { Clock } from '../../kernel/clock.ts'
import type { StateStore } from '../../kernel/store.ts'

/** So that no batch of theirs keeps Records waiting for long. */
const batchMax = 1000

/** When keys were last used: noted on the path of a call in memory alone, written in batches beside it. */
export function createKeyUses(
  store: Pick<StateStore, 'saveKeyUses'>,
  clock: Clock,
  before: ReadonlyMap<string, number>,
) {
  const lastUses = new Map(before)
  const unsaved = new Set<string>()

  return {
    used(id: string): void {
      lastUses.set(id, clock.now())
      unsaved.add(id)
    },
    lastUsedAt: (id: string): number | undefined => lastUses.get(id),
    async saveUses(): Promise<void> {
      // A snapshot: under load what is used anew would keep this going for ever.
      const all = [...unsaved]
      for (let at = 0; at < all.length; at += batchMax) {
        const ids = all.slice(at, at + batchMax)
        for (const id of ids) unsaved.delete(id)
        try {
          await store.saveKeyUses(new Map(ids.map((id) => [id, lastUses.get(id) ?? clock.now()])))
        } catch (thrown) {
          for (const id of ids) unsaved.add(id)
          throw thrown
        }
      }
    },
  }
}
