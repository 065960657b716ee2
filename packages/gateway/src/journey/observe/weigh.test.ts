import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { weigh } from './weigh.ts'

test('a value weighs at least its text, and no more than its JSON with something for each of its parts', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value)
      const weight = weigh(value, Number.POSITIVE_INFINITY)
      assert.ok(weight >= (typeof value === 'string' ? value.length : 1))
      assert.ok(weight <= 30 * (json.length + 1), `${weight} of ${json}`)
    }),
  )
})

test('what is larger is not looked at to its end', () => {
  let looked = 0
  const entries = Array.from({ length: 1000 }, () => ({
    get text() {
      looked++
      return 'x'.repeat(100)
    },
  }))
  assert.ok(weigh(entries, 10_000) > 10_000)
  assert.ok(looked < 100, `${looked}`)
})
