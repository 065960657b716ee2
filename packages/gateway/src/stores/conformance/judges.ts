import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JudgeSum } from '../../kernel/judge.ts'
import type { NewPlace } from '../conformance.ts'
import { withPlace, withStore } from './samples.ts'

const subject = { model: 'chat', major: 1, metric: 'helpful', version: '1.0', judge: 'judge@v1/1.0' }
const sum = (over: Partial<JudgeSum> = {}): JudgeSum => ({
  ...{ ...subject, day: 20_000, name: 'asked', value: 1 },
  ...over,
})

export function judgesConformance(newPlace: NewPlace): void {
  test('sums of judges add up by all that names them, and outlive the store', () =>
    withPlace(newPlace, async (place) => {
      const before = await place.open()
      await before.judges.add([sum(), sum({ name: 'value', value: 4.5 }), sum({ judge: 'judge@v1/1.1' })])
      await before.close()
      const { judges, close } = await place.open()
      await judges.add([sum({ value: 2 }), sum({ name: 'value', value: -1 }), sum({ day: 19_999 })])
      await judges.add([sum({ major: 2 }), sum({ metric: "o'neill" }), sum({ version: '1.1' }), sum({ model: 'spam' })])
      await judges.add([])
      assert.deepEqual(await judges.sums('chat'), [
        sum({ day: 19_999 }),
        sum({ value: 3 }),
        sum({ name: 'value', value: 3.5 }),
        sum({ judge: 'judge@v1/1.1' }),
        sum({ version: '1.1' }),
        sum({ metric: "o'neill" }),
        sum({ major: 2 }),
      ])
      assert.deepEqual(await judges.sums('unknown'), [])
      await close()
    }))

  test('three months of what judges said are kept, of each model by itself', () =>
    withStore(newPlace, async ({ judges }) => {
      await judges.add([sum(), sum({ day: 20_001 }), sum({ model: 'spam' })])
      await judges.add([sum({ day: 20_092 })])
      assert.deepEqual(
        (await judges.sums('chat')).map(({ day }) => day),
        [20_001, 20_092],
      )
      assert.equal((await judges.sums('spam')).length, 1)
    }))
}
