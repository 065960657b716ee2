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
import { Sums } from '../sums.ts'
import type { Filled } from './first-values.ts'
import type { MeasuredCall } from './measure.ts'

/** In memory, until they go to the store; each some KB at most. */
const sketchesMax = 4096

type Place = Omit<DriftPlace, 'first'>
type Part = Omit<DriftPart, 'sketch'> & { sketch: DriftSketch }

/** Of a version, so many values of each feature are its first ones. */
export interface First {
  readonly filled: Filled
  readonly most: number
}

/** What was counted and is not in the store yet. */
export class Sketches {
  readonly #parts: Sums<Part>

  constructor(store: Pick<DriftStore, 'add'>) {
    this.#parts = new Sums({
      write: (parts) => store.add(parts),
      add(older, { sketch }) {
        older.sketch = addSketch(older.sketch, sketch)
      },
      most: sketchesMax,
    })
  }

  /** False: something was dropped, as there are too many. */
  count(at: Place, features: readonly Feature[], values: MeasuredCall, firsts?: First): boolean {
    let all = true
    for (const [index, { key, kind }] of features.entries()) {
      const value = values[index]
      if (value === null) continue
      const filled = firsts?.filled.get(key) ?? 0
      const first = firsts !== undefined && filled < firsts.most
      const sketch = this.#sketchOf({ ...at, first }, key, () => emptySketch(kind))
      if (!sketch) {
        all = false
        continue
      }
      const isValue = countValue(sketch, value)
      if (first && isValue) firsts.filled.set(key, filled + 1)
    }
    return all
  }

  /** See `Sums`. */
  flush(): Promise<void> {
    return this.#parts.flush()
  }

  #sketchOf(place: DriftPlace, feature: string, empty: () => DriftSketch): DriftSketch | undefined {
    const { model, major, version, hour, first } = place
    const key = `${model}@v${major}/${version} ${hour} ${first} ${feature}`
    return this.#parts.of(key, () => ({ ...place, feature, sketch: empty() }))?.sketch
  }
}
