import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { unitInterval } from '../../kernel/unit-interval.ts'
import { permit } from '../admit/permit.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { assign } from './assign.ts'

const admitted = (catalog: ReturnType<typeof testCatalog>, over: Parameters<typeof testCall>[0] = {}) =>
  permit(testCall(over), testCaller(), catalog)

const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof AstraError) return error.code
  }
  return 'no error'
}

describe('assign', () => {
  it('keeps a unit on its version, whatever the call', () => {
    const catalog = testCatalog({ '1.0': 50, '1.1': 50 })
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.uuid(), fc.uuid(), (unit, first, second) => {
        const a = assign(admitted(catalog, { id: first, options: { unit } }))
        const b = assign(admitted(catalog, { id: second, options: { unit } }))
        assert.equal(a.version.id, b.version.id)
        assert.equal(a.reason, 'weights-unit')
      }),
    )
  })

  it('moves only the units that the change of weights asks for', () => {
    const before = testCatalog({ '1.0': 90, '1.1': 10 })
    const after = testCatalog({ '1.0': 50, '1.1': 50 })
    const units = Array.from({ length: 4000 }, (_, i) => `unit-${i}`)
    const moved = units.filter((unit) => {
      const [a, b] = [before, after].map((catalog) => assign(admitted(catalog, { options: { unit } })).version.id)
      assert.ok(!(a === '1.1' && b === '1.0'), 'a unit left the version whose share grew')
      return a !== b
    })
    assert.ok(Math.abs(moved.length / units.length - 0.4) < 0.04, `${moved.length} of ${units.length} moved`)
  })

  it('splits in proportion to the weights', () => {
    const catalog = testCatalog({ a: 1, b: 2, c: 7 })
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 }
    for (let i = 0; i < 10_000; i++) {
      const { version, propensity } = assign(admitted(catalog, { options: { unit: `u${i}` } }))
      counts[version.id] = (counts[version.id] ?? 0) + 1
      assert.ok([0.1, 0.2, 0.7].some((share) => Math.abs(share - propensity) < 1e-9))
    }
    // Four standard deviations of a binomial with 10,000 draws.
    for (const [id, share] of Object.entries({ a: 0.1, b: 0.2, c: 0.7 })) {
      assert.ok(
        Math.abs((counts[id] ?? 0) - 10_000 * share) < 4 * Math.sqrt(10_000 * share * (1 - share)),
        `${id}: ${counts[id]}`,
      )
    }
  })

  it('hashes as written: uint32be(SHA-256(salt, 0, unit)) / 2^32', () => {
    // printf 'spam@v1\0unit-1' | sha256sum | cut -c1-8
    assert.equal(unitInterval('spam@v1', 'unit-1'), 0x4e7c02a1 / 2 ** 32)
  })

  it('calls without a unit fall by their ids as the weights say, whenever they come', () => {
    const catalog = testCatalog({ '1.0': 10, '1.1': 90 })
    let first = 0
    for (let n = 0; n < 10_000; n++) {
      if (assign(admitted(catalog, { id: systemClock.id() })).version.id === '1.0') first++
    }
    // Five standard deviations of a binomial with 10,000 draws: one run in two million fails by chance.
    assert.ok(Math.abs(first - 1000) < 5 * 30, `${first}`)
  })

  it('falls back from unit to session to the call itself', () => {
    const catalog = testCatalog({ '1.0': 50, '1.1': 50 })
    assert.equal(assign(admitted(catalog, { options: { session: 's' } })).reason, 'weights-session')
    assert.equal(assign(admitted(catalog)).reason, 'weights-call')
    assert.equal(assign(admitted(testCatalog({ '1.0': 1 }))).reason, 'only')
  })

  it('serves a pinned version that has no traffic', () => {
    const catalog = testCatalog({ '1.0': 1 }, { versions: { '1.0': {}, '1.1': {} } })
    const assigned = assign(admitted(catalog, { options: { version: '1.1' } }))
    assert.equal(assigned.version.id, '1.1')
    assert.equal(assigned.reason, 'pin')
  })

  it('refuses an unknown pin, a retired one, an unknown major and a contract without traffic', () => {
    const catalog = testCatalog({ '1.1': 1 }, { versions: { '1.1': {}, '1.0': { retired: { successor: '1.1' } } } })
    assert.equal(
      codeOf(() => assign(admitted(catalog, { options: { version: '1.2' } }))),
      'unknown_version',
    )
    assert.equal(
      codeOf(() => assign(admitted(catalog, { options: { version: '1.0' } }))),
      'version_retired',
    )
    assert.equal(
      codeOf(() => assign(admitted(catalog, { major: 2 }))),
      'unknown_major',
    )
    assert.equal(
      codeOf(() => assign(admitted(testCatalog({})))),
      'no_traffic',
    )
  })
})
