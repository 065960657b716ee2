/** Sets until the next table: a live entry costs some 30 ns to take along. */
const setsMin = 256

/**
 * A Map of what comes and goes with calls.
 *
 * A Map of V8's whose entries come and go takes a new table ever again, and the one before knows the next. Once a single one of
 * them has become old, the young collector keeps all that follow, with whatever was in them, until the next full collection: up to
 * 8 kB a call, and several times the cost of a collection. Here a new Map begins now and then, of which the one before knows nothing.
 */
export class TransientMap<Key, Value> {
  #map = new Map<Key, Value>()
  #sets = 0

  get size(): number {
    return this.#map.size
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  has(key: Key): boolean {
    return this.#map.has(key)
  }

  set(key: Key, value: Value): void {
    if (++this.#sets > Math.max(setsMin, 4 * this.#map.size)) {
      this.#map = new Map(this.#map)
      this.#sets = 0
    }
    this.#map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map = new Map()
    this.#sets = 0
  }

  /** In the order in which they came. What is set meanwhile may be left out. */
  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries()
  }

  values(): MapIterator<Value> {
    return this.#map.values()
  }
}
