import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TransientMap } from './transient-map.ts'

const step = fc.record({ do: fc.constantFrom('set', 'set', 'delete', 'clear'), key: fc.nat(40), value: fc.nat() })

test('holds what a Map holds, in the same order, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 60 }), (steps, rounds) => {
      const [one, other] = [new TransientMap<number, number>(), new Map<number, number>()]
      for (let round = 0; round < rounds; round++) {
        for (const { do: what, key, value } of steps) {
          if (what === 'set') {
            one.set(key, value + round)
            other.set(key, value + round)
          } else if (what === 'delete') assert.equal(one.delete(key), other.delete(key))
          else if (round % 8 === 7) {
            one.clear()
            other.clear()
          }
          assert.deepEqual([one.size, one.get(key), one.has(key)], [other.size, other.get(key), other.has(key)])
        }
        assert.deepEqual([...one.entries()], [...other])
        assert.deepEqual([...one.values()], [...other.values()])
      }
    }),
  )
})

test('who reads while entries go reads on', () => {
  const map = new TransientMap<number, number>()
  for (let n = 0; n < 2000; n++) map.set(n, n)
  const read: number[] = []
  for (const [key] of map.entries()) {
    read.push(key)
    map.delete(key)
  }
  assert.equal(read.length, 2000)
  assert.equal(map.size, 0)
})
