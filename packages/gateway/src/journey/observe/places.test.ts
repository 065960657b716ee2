import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Contract } from '../../kernel/catalog.ts'
import { testCaller, testCatalog } from '../testing/fixtures.ts'
import { Places } from './places.ts'

const spam = testCatalog({ '1.0': 1 }).model('spam')?.contracts.get(1)
assert.ok(spam)
const ofCall = (consumer: string, contract: Contract) => ({ caller: { ...testCaller(), consumer }, contract })
const others = Array.from({ length: 9 }, (): Contract => ({ ...spam }))

/** How many of 100 such calls get a place. */
const taken = (places: Places, consumer: (n: number) => string, contract: (n: number) => Contract): number =>
  Array.from({ length: 100 }, (_, n) => places.take(ofCall(consumer(n), contract(n)))).filter(Boolean).length

describe('places', () => {
  it('are a quarter for one consumer, whatever it calls, and there are others for others', () => {
    const places = new Places(40)
    const contract = (n: number) => others[n % others.length] ?? spam
    assert.equal(
      taken(places, () => 'greedy', contract),
      10,
    )
    assert.ok(places.take(ofCall('other', spam)))
  })

  it('are a quarter for one contract, whoever calls it, and there are others for others', () => {
    const places = new Places(40)
    assert.equal(
      taken(places, String, () => spam),
      10,
    )
    assert.ok(places.take(ofCall('one more', { ...spam })))
  })

  it('are bounded in all, and free again one by one', () => {
    const places = new Places(8)
    const wanted = others.map((contract, n) => ofCall(`c${n}`, contract))
    assert.equal(wanted.filter((one) => places.take(one)).length, 8)
    const [first, second] = wanted
    assert.ok(first && second)
    places.free(first)
    assert.ok(places.take(second))
    assert.ok(!places.take(first))
  })
})
