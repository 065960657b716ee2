import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../testing/seeded-random.ts'
import { choose } from './choose.ts'
import { observe } from './latency.ts'
import { takeRefusal, takeReport } from './load.ts'
import { type Member, newMember, type OpenAttempt } from './member.ts'

function membersWith(...loads: readonly number[]): readonly Member[] {
  return loads.map((load, i) => {
    const endpoint = { backend: 'fake', address: `m${i}`, down: undefined }
    const member = newMember(endpoint, endpoint.address, 0, undefined)
    for (let k = 0; k < load; k++) member.open.add(Object.create(null) as OpenAttempt)
    return member
  })
}

let turn = 0

/** How often each is chosen, nothing staying in flight. */
function shares(members: readonly Member[], choices: number, now = 0): readonly number[] {
  const random = seededRandom(1)
  const counts = members.map(() => 0)
  for (let i = 0; i < choices; i++) {
    const member = choose(members, now, random)
    assert.ok(member)
    member.turn = ++turn
    counts[members.indexOf(member)] = (counts[members.indexOf(member)] ?? 0) + 1
  }
  return counts
}

describe('choose', () => {
  it('takes the least loaded of up to four', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), fc.nat(), (loads, seed) => {
        const chosen = choose(membersWith(...loads), 0, seededRandom(seed))
        assert.equal(chosen?.open.size, Math.min(...loads))
      }),
    )
  })

  it('takes the less loaded of two different ones of more than four: never the fullest', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(30), { minLength: 5, maxLength: 12 }), fc.nat(), (loads, seed) => {
        const chosen = choose(membersWith(...loads), 0, seededRandom(seed))
        assert.notEqual(chosen?.open.size, Math.max(...loads))
      }),
    )
  })

  it('gives equal ones equal shares, few or many', () => {
    assert.deepEqual(shares(membersWith(0, 0, 0, 0), 400), [100, 100, 100, 100])
    for (const count of shares(membersWith(0, 0, 0, 0, 0, 0, 0, 0), 4000))
      assert.ok(count > 400 && count < 600, `${count}`)
  })

  it('passes over, of equally loaded ones, who takes more than twice as long as the fastest', () => {
    const members = membersWith(0, 0, 0, 0)
    members.forEach((member, i) => {
      if (i < 3) observe(member.latency, [10, 19, 21][i] ?? 0, 0)
    })
    assert.deepEqual(shares(members, 300), [100, 100, 0, 100], 'the unknown one counts as the fastest')
  })

  it('tries one that was slow again when its latency has faded', () => {
    const [fast, slow] = membersWith(0, 0) as [Member, Member]
    observe(slow.latency, 100, 0)
    observe(fast.latency, 10, 0)
    assert.deepEqual(shares([fast, slow], 10), [10, 0])
    observe(fast.latency, 10, 17_000)
    assert.deepEqual(shares([fast, slow], 10, 17_000), [5, 5])
  })

  it('counts the calls of others by the own report of the replica, for two seconds', () => {
    const [a, b] = membersWith(2, 1) as [Member, Member]
    takeReport(b, 3, 0)
    assert.equal(b.others, 3)
    assert.deepEqual(shares([a, b], 10, 1999), [10, 0])
    assert.deepEqual(shares([a, b], 10, 2000), [0, 10])
  })

  it('asks one that refused as busy last, for as long as it said', () => {
    const [a, b] = membersWith(5, 0) as [Member, Member]
    takeRefusal(b, 500, 0)
    assert.equal(choose([a, b], 499, Math.random), a)
    assert.equal(choose([a, b], 500, Math.random), b)
    takeRefusal(b, 60_000, 0)
    assert.equal(choose([a, b], 1000, Math.random), b, 'a second at most')
    assert.equal(choose([b], 0, Math.random), b, 'better than none')
  })

  it('gives one that warms a part that grows from a tenth to the whole, idle or under load', () => {
    const members = membersWith(0, 0, 0, 0)
    Object.assign(members[3] ?? {}, { warming: { reason: 'it joined', at: 0 } })
    for (const [now, part] of [
      [0, 0.1],
      [2500, 0.325],
      [5000, 0.55],
      [7500, 0.775],
      [10_000, 1],
    ] as const) {
      const [other = 0, , , own = 0] = shares(members, 10_000, now)
      assert.ok(Math.abs(own / other - part) < 0.05, `${own} of ${other} after ${now} ms`)
    }
    const [full, warming] = membersWith(7, 3) as [Member, Member]
    warming.warming = { reason: 'it joined', at: 0 }
    assert.equal(choose([full, warming], 4000, Math.random), full)
    assert.equal(choose([full, warming], 6000, Math.random), warming)
  })
})
