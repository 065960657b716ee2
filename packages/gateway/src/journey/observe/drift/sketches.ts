import type { DriftSketch } from '@astraapi/statistics'
import {
  addSketch,
  countValue,
  type DriftPart,
  type DriftPlace,
  type DriftStore,
  emptySketch,
  type Feature,
} from '../../../kernel/drift.ts'
import type { Filled } from './first-values.ts'
import type { MeasuredItem } from './measure.ts'

/** In memory, until they go to the store; each some KB at most. */
const sketchesMax = 4096

type Place = Omit<DriftPlace, 'first'>

/** Of a version, so many values of each feature are its first ones. */
export interface First {
  readonly filled: Filled
  readonly most: number
}

/** What was counted and is not in the store yet. */
export class Sketches {
  readonly #store: Pick<DriftStore, 'add'>
  #parts = new Map<string, DriftPart>()
  #writing: Promise<void> | undefined

  constructor(store: Pick<DriftStore, 'add'>) {
    this.#store = store
  }

  /** False: something was dropped, as there are too many. */
  count(at: Place, features: readonly Feature[], items: readonly MeasuredItem[], firsts?: First): boolean {
    let all = true
    for (const [index, { key, kind }] of features.entries()) {
      const counted = items.filter((item) => item[index] !== null)
      if (counted.length === 0) continue
      const filled = firsts?.filled.get(key) ?? 0
      const first = firsts !== undefined && filled < firsts.most
      const sketch = this.#sketchOf({ ...at, first }, key, () => emptySketch(kind))
      if (!sketch) {
        all = false
        continue
      }
      if (first) firsts.filled.set(key, filled + counted.length)
      for (const item of counted) countValue(sketch, item[index] ?? undefined)
    }
    return all
  }

  /** What was counted before is in the store when it resolves, whoever began to write it. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing.catch(() => undefined)
    if (this.#parts.size === 0) return
    this.#writing = this.#write()
    try {
      await this.#writing
    } finally {
      this.#writing = undefined
    }
  }

  async #write(): Promise<void> {
    const parts = this.#parts
    this.#parts = new Map()
    try {
      await this.#store.add([...parts.values()])
    } catch (thrown) {
      this.#keep(parts)
      throw thrown
    }
  }

  /** What has come since is added to what stays. */
  #keep(older: Map<string, DriftPart>): void {
    for (const [key, part] of this.#parts) {
      const known = older.get(key)
      if (known) addSketch(known.sketch, part.sketch)
      else older.set(key, part)
    }
    this.#parts = older
  }

  #sketchOf(place: DriftPlace, feature: string, empty: () => DriftSketch): DriftSketch | undefined {
    const { model, major, version, hour, first } = place
    const key = `${model}@v${major}/${version} ${hour} ${first} ${feature}`
    const known = this.#parts.get(key)
    if (known) return known.sketch
    if (this.#parts.size >= sketchesMax) return undefined
    const sketch = empty()
    this.#parts.set(key, { ...place, feature, sketch })
    return sketch
  }
}
