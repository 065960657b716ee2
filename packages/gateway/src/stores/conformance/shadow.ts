import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShadowSum } from '../../kernel/shadow.ts'
import type { NewPlace } from '../conformance.ts'
import { withPlace, withStore } from './samples.ts'

const sum = (over: Partial<ShadowSum> = {}): ShadowSum => ({
  ...{ model: 'spam', major: 1, served: '1.0', shadow: '1.1', day: 20_000, name: 'answered', value: 1 },
  ...over,
})

export function shadowConformance(newPlace: NewPlace): void {
  test('sums of shadows add up by all that names them, and outlive the store', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      await before.shadow.add([sum(), sum({ name: 'distance', value: 0.25 }), sum({ served: "o'neill" })])
      await before.close()
      const { shadow, close } = await place.open()
      await shadow.add([
        sum({ value: 2 }),
        sum({ name: 'distance', value: 0.5 }),
        sum({ day: 19_999 }),
        sum({ major: 2 }),
      ])
      await shadow.add([sum({ model: 'digits' })])
      await shadow.add([])
      assert.deepEqual(await shadow.sums('spam'), [
        sum({ day: 19_999 }),
        sum({ value: 3 }),
        sum({ name: 'distance', value: 0.75 }),
        sum({ served: "o'neill" }),
        sum({ major: 2 }),
      ])
      assert.deepEqual(await shadow.sums('unknown'), [])
      await close()
    }))

  test('three months of them are kept, of each model by itself', () =>
    withStore(newPlace, async ({ shadow }) => {
      await shadow.add([sum(), sum({ day: 20_001 }), sum({ model: 'digits' })])
      await shadow.add([sum({ day: 20_092 })])
      assert.deepEqual(
        (await shadow.sums('spam')).map(({ day }) => day),
        [20_001, 20_092],
      )
      assert.equal((await shadow.sums('digits')).length, 1)
    }))
}
