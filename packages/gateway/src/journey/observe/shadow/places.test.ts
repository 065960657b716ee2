import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Contract } from '../../../kernel/catalog.ts'
import { type Place, Places } from './places.ts'

const contract = (model: string, inFlightMax = 1000) => ({ model, major: 1, limits: { inFlightMax } }) as Contract

test('copies in flight are bounded per contract, whatever comes and goes, and all bytes together', () => {
  const step = fc.record({ model: fc.constantFrom('a', 'b'), release: fc.boolean(), bytes: fc.nat(2 ** 23) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const places = new Places(() => 0)
      const held: { model: string; place: Place; bytes: number }[] = []
      for (const { model, release, bytes } of steps) {
        if (release) held.shift()?.place.release()
        const taken = places.take(contract(model))
        const before = held.reduce((sum, one) => sum + one.bytes, 0)
        const ofModel = held.filter((one) => one.model === model).length
        assert.equal(taken === 'full', ofModel >= 32)
        if (typeof taken === 'string') continue
        assert.equal(taken.holds(bytes), before + bytes <= 2 ** 25)
        held.push({ model, place: taken, bytes: before + bytes <= 2 ** 25 ? bytes : 0 })
        assert.equal(places.inFlight, held.length)
      }
      for (const { place } of held) place.release()
      assert.equal(places.inFlight, 0)
      const last = places.take(contract('a'))
      assert.ok(typeof last === 'object' && last.holds(2 ** 25), 'all bytes are free again')
    }),
  )
})

test('never more than calls of a version may be', () => {
  const places = new Places(() => 0)
  assert.equal(typeof places.take(contract('a', 1)), 'object')
  assert.equal(places.take(contract('a', 1)), 'full')
})

test('after a refusal none is taken for a second, for the same reason', () => {
  let now = 0
  const places = new Places(() => now)
  const place = places.take(contract('a'))
  assert.ok(typeof place === 'object')
  places.pause(contract('a'), 'limits')
  place.release()
  now = 999
  assert.equal(places.take(contract('a')), 'limits')
  assert.equal(typeof places.take(contract('b')), 'object')
  now = 1000
  assert.equal(typeof places.take(contract('a')), 'object')
})
