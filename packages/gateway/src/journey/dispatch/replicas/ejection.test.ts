import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../../kernel/errors.ts'
import { replicaStates } from '../../../kernel/replicas.ts'
import { answer, key, noAnswer, openBed } from '../testing/dispatch-bed.ts'
import { ejectedMax } from './ejection.ts'

/** Replicas of which some fail every call; it is not made again elsewhere, unless they are `repeatable`. */
function bedWith(
  replicas: readonly string[],
  failing: Set<string>,
  error = new AstraError('upstream_failed', { reason: 'boom' }),
  repeatable = false,
) {
  const bed = openBed({
    replicas,
    repeatable,
    predict: async (replica) => {
      if (failing.has(replica)) throw error
      return answer
    },
  })
  bed.members(...replicas)
  return bed
}

const calls = async (bed: ReturnType<typeof openBed>, count: number) => {
  for (let i = 0; i < count; i++) await bed.whole()
}

describe('ejection', () => {
  it('follows five faults in a row; then the others share the calls, and it comes back after 30 s, warming', async () => {
    const failing = new Set(['a'])
    const bed = bedWith(['a', 'b', 'c', 'd'], failing)
    await calls(bed, 16)
    assert.deepEqual([bed.status('a').failures, bed.status('a').state], [4, 'ready'])
    await calls(bed, 4)
    assert.equal(bed.status('a').state, 'ejected')
    assert.equal(bed.status('a').reason, '5 attempts in a row failed, the last one so: boom; left alone for 30 s')
    const before = bed.fleet.status(key).map(({ attempts }) => attempts)
    await calls(bed, 300)
    const shares = bed.fleet.status(key).map(({ attempts }, i) => attempts - (before[i] ?? 0))
    assert.deepEqual(shares, [0, 100, 100, 100])
    failing.clear()
    bed.clock.advance(29_999)
    assert.equal(bed.status('a').state, 'ejected')
    bed.clock.advance(1)
    assert.equal(bed.status('a').state, 'warming')
    await calls(bed, 1000)
    const early = bed.status('a').attempts - 5
    assert.ok(early > 10 && early < 60, `${early} of 1000 in the first moment`)
    bed.clock.advance(10_000)
    assert.equal(bed.status('a').state, 'ready')
    const later = bed.status('a').attempts
    await calls(bed, 1000)
    assert.ok(bed.status('a').attempts - later >= 250)
  })

  it('lasts longer each time, up to 300 s, and is forgotten as slowly', async () => {
    const bed = bedWith(['a', 'b'], new Set(['a']))
    const ejectedForMs = async () => {
      while (bed.status('a').state !== 'ejected') {
        bed.clock.advance(1000)
        await bed.whole()
      }
      const since = bed.clock.elapsed()
      while (bed.status('a').state === 'ejected') bed.clock.advance(1000)
      return bed.clock.elapsed() - since
    }
    const lengths: number[] = []
    for (let i = 0; i < 12; i++) lengths.push(await ejectedForMs())
    assert.deepEqual(lengths.slice(0, 3), [30_000, 60_000, 90_000])
    assert.deepEqual(lengths.slice(9), [300_000, 300_000, 300_000])
    bed.clock.advance(120_000)
    assert.equal(await ejectedForMs(), 210_000, '10 ejections, 4 of them forgotten, and this one')
  })

  const harmless: readonly [string, AstraError][] = [
    ['busy', new AstraError('upstream_unavailable', { retryAfterMs: 1000 })],
    ['invalid input', new AstraError('invalid_input')],
    ['cancelled', new AstraError('cancelled')],
    ['timeout', new AstraError('timeout')],
  ]
  for (const [name, error] of harmless) {
    it(`does not follow ${name}`, async () => {
      const bed = bedWith(['a', 'b'], new Set(['a']), error)
      await calls(bed, 100)
      assert.deepEqual([bed.status('a').state, bed.status('a').failures], ['ready', 0])
    })
  }

  it('is nothing for the only one, which is said to be failing until it answers, and gets its calls', async () => {
    const failing = new Set(['a'])
    const bed = bedWith(['a'], failing)
    await calls(bed, 4)
    assert.equal(bed.status('a').state, 'ready')
    await calls(bed, 3)
    const { state, reason, attempts } = bed.status('a')
    assert.deepEqual([state, attempts], ['failing', 7])
    assert.equal(reason, '7 attempts in a row failed, the last one so: boom')
    failing.clear()
    await calls(bed, 1)
    assert.equal(bed.status('a').state, 'ready')
  })

  it('does not follow faults with a success between them', async () => {
    const failing = new Set<string>()
    const bed = bedWith(['a', 'b'], failing)
    for (let i = 0; i < 100; i++) {
      if (i % 5 === 0) failing.clear()
      else failing.add('a')
      await calls(bed, 2)
    }
    assert.deepEqual([bed.status('a').state, bed.status('a').failures > 50], ['ready', true])
  })

  const repeated = (failing: readonly string[]) => bedWith(['a', 'b', 'c', 'd'], new Set(failing), undefined, true)

  it('follows five calls that failed there and were answered elsewhere; no caller sees any of it', async () => {
    const bed = repeated(['a'])
    for (let i = 0; i < 40; i++) assert.equal((await bed.whole()).error, undefined)
    assert.deepEqual([bed.status('a').state, bed.status('a').failures], ['ejected', 5])
  })

  it('does not follow an input that fails at every replica, within the retry budget', async () => {
    const bed = repeated(['a', 'b', 'c', 'd'])
    for (let second = 0; second < 60; second++) {
      const { attempts } = await bed.whole()
      assert.equal(attempts.length, 2)
      bed.clock.advance(1100)
    }
    for (const { state, failures } of bed.fleet.status(key)) assert.ok(state === 'ready' && failures > 5, state)
  })

  it('past it follows no sooner than where nothing is made again', async () => {
    const callsUntil = async (bed: ReturnType<typeof openBed>) => {
      let count = 0
      for (; ejected(bed) === 0; count++) await bed.whole()
      return count
    }
    const all = ['a', 'b', 'c', 'd']
    const before = await callsUntil(bedWith(all, new Set(all)))
    assert.equal(before, 17)
    assert.ok((await callsUntil(repeated(all))) > before)
  })

  it("follows a repeat that ends otherwise: the first failure was the replica's", async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async (replica) => {
        if (replica === 'a') throw new AstraError('upstream_failed', { reason: 'boom' })
        throw new AstraError('upstream_unavailable', { reason: 'full', retryAfterMs: 1000 })
      },
    })
    await calls(bed, 5)
    assert.deepEqual([bed.status('a').state, bed.status('b').state], ['ejected', 'ready'])
  })

  it('keeps its bounds whatever happens: half of the members at most, of two or three one, and never the last that takes calls', async () => {
    const address = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('calls' as const), count: fc.integer({ min: 1, max: 60 }) }),
      },
      fc.record({ do: fc.constant('fail' as const), address }),
      fc.record({ do: fc.constant('mend' as const), address }),
      fc.record({ do: fc.constant('down' as const), address }),
      fc.record({ do: fc.constant('up' as const), address }),
      fc.record({ do: fc.constant('bar' as const), address }),
      fc.record({ do: fc.constant('lift' as const), address }),
      fc.record({ do: fc.constant('members' as const), addresses: fc.uniqueArray(address, { minLength: 1 }) }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.nat(60_000) }),
    )
    let ejections = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), fc.boolean(), async (steps, repeatable) => {
        const failing = new Set(['a', 'b', 'c', 'd', 'e', 'f'])
        const bed = bedWith(['a', 'b', 'c', 'd'], failing, undefined, repeatable)
        for (const one of steps) {
          const acts = {
            calls: async () => {
              for (let i = 0; one.do === 'calls' && i < one.count; i++) {
                const takingBefore = taking(bed)
                const ejectedBefore = ejected(bed)
                await bed.whole()
                if (ejected(bed) === ejectedBefore) continue
                ejections++
                assert.ok(takingBefore > 1 && taking(bed) > 0, 'never the last that takes calls')
              }
            },
            fail: () => 'address' in one && failing.add(one.address),
            mend: () => 'address' in one && failing.delete(one.address),
            down: () => 'address' in one && bed.fleet.setHealth('fake', one.address, noAnswer),
            up: () => 'address' in one && bed.fleet.setHealth('fake', one.address, undefined),
            bar: () => 'address' in one && bed.fleet.setBarred(key, one.address, 'other files'),
            lift: () => 'address' in one && bed.fleet.setBarred(key, one.address, undefined),
            members: () => 'addresses' in one && bed.members(...one.addresses),
            pass: () => 'ms' in one && bed.clock.advance(one.ms),
          }
          await acts[one.do]()
          const all = bed.fleet.status(key)
          assert.ok(ejected(bed) <= ejectedMax(all.length), `${ejected(bed)} of ${all.length}`)
          assert.ok(all.every(({ inFlight }) => inFlight === 0))
        }
      }),
      { numRuns: 200 },
    )
    assert.ok(ejections > 50, `${ejections} ejections were seen`)
    assert.deepEqual([1, 2, 3, 4, 5, 8].map(ejectedMax), [0, 1, 1, 2, 2, 4])
  })
})

function ejected({ fleet }: ReturnType<typeof openBed>): number {
  return fleet.status(key).filter(({ state }) => state === 'ejected').length
}

function taking({ fleet }: ReturnType<typeof openBed>): number {
  return fleet.status(key).filter(({ state }) => replicaStates[state].takesCalls).length
}
