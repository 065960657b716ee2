import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quote } from './protocol-error.ts'

test('a quote is JSON, cut where it grows long', () => {
  for (const value of [null, true, 1.5, 'a"b', [], {}, [1, 'a', [null]], { a: 1, 'b"': { c: [] } }]) {
    assert.equal(quote(value), JSON.stringify(value))
  }
  assert.deepEqual(
    [quote(undefined), quote(2n ** 64n), quote(Number.NaN)],
    ['undefined', '18446744073709551616', 'NaN'],
  )
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value)
      const quoted = quote(JSON.parse(text))
      assert.ok(quoted.length <= 60)
      if (text.length <= 50) assert.equal(quoted, JSON.stringify(JSON.parse(text)))
    }),
  )
})

test('a quote of something huge looks at its beginning only', () => {
  let deep: unknown = []
  for (let depth = 0; depth < 1_000_000; depth++) deep = [deep]
  assert.match(quote(deep), /^\[+\.\.\.$/)
  const long = new Proxy(new Array(1_000_000).fill(0), {
    get(target, key) {
      assert.ok(!(Number(key) > 60), `element ${String(key)} was looked at`)
      return Reflect.get(target, key)
    },
  })
  assert.match(quote(long), /^\[0,0,.*\.\.\.$/)
})
