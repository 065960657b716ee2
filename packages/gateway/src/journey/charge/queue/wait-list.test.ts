import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Priority } from '../../../kernel/catalog-state.ts'
import { priorities } from './testing/queue-bed.ts'
import { type Held, WaitList } from './wait-list.ts'

interface Who {
  readonly consumer: string
  readonly priority: Priority
  readonly age: number
}

const who = fc.record({ priority: fc.constantFrom(...priorities), consumer: fc.constantFrom('a', 'b', 'c', 'd') })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('displace' as const), who }) },
)

/** A list and what should be in it, the oldest first. */
function model() {
  const list = new WaitList<Who>()
  const held = new Map<Who, Held<Who>>()
  let age = 0
  const of = (...[priority, consumer]: [Priority, string?]) =>
    [...held.keys()].filter((one) => one.priority === priority && (consumer ?? one.consumer) === one.consumer)
  const push = (priority: Priority, consumer: string) => {
    const one = { priority, consumer, age: age++ }
    held.set(one, list.push(priority, consumer, one))
  }
  return { list, held, of, push }
}

describe('a wait list', () => {
  it('takes each once, the oldest of a consumer first; the newest of who has most makes room', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { list, held, of, push } = model()
        for (const one of steps) {
          if (one.do === 'push') push(one.who.priority, one.who.consumer)
          if (one.do === 'take') {
            const taken = list.take()
            assert.equal(taken === undefined, held.size === 0)
            if (!taken) continue
            assert.equal(taken, of(taken.priority, taken.consumer)[0])
            held.delete(taken)
          }
          if (one.do === 'remove') {
            const [who, place] = [...held][one.at % Math.max(held.size, 1)] ?? []
            if (!who || !place) continue
            assert.equal(list.remove(place), true)
            assert.equal(list.remove(place), false)
            held.delete(who)
          }
          if (one.do === 'displace') {
            const { priority, consumer } = one.who
            const lowest = priorities.findLast((name) => of(name).length > 0)
            const displaced = list.displace(priority, consumer)
            if (!displaced) {
              const most = lowest && Math.max(...of(lowest).map((each) => of(lowest, each.consumer).length))
              const higher = lowest === undefined || priorities.indexOf(lowest) < priorities.indexOf(priority)
              assert.ok(higher || (lowest === priority && (most ?? 0) <= of(priority, consumer).length + 1))
              continue
            }
            assert.equal(displaced.priority, lowest)
            const line = of(displaced.priority, displaced.consumer)
            assert.equal(displaced, line.at(-1))
            assert.ok(of(displaced.priority).every((each) => of(each.priority, each.consumer).length <= line.length))
            held.delete(displaced)
          }
          assert.equal(list.length, held.size)
        }
      }),
    )
  })

  it('lets a consumer wait for at most one call of each other of its class, whatever they bring', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('b', 'c', 'd'), { maxLength: 60 }),
        fc.array(fc.boolean()),
        (before, after) => {
          const { list, push } = model()
          for (const consumer of before) push('normal', consumer)
          push('normal', 'a')
          const others = new Map<string, number>()
          for (let n = 0; ; n++) {
            if (after[n]) push('normal', 'b')
            const taken = list.take()
            assert.ok(taken)
            if (taken.consumer === 'a') return
            others.set(taken.consumer, (others.get(taken.consumer) ?? 0) + 1)
            assert.ok(others.get(taken.consumer) === 1, `${taken.consumer} went twice before a`)
          }
        },
      ),
    )
  })

  it('gives of 21 places 16 to the high class, 4 to the normal one and 1 to the low one while all wait, in this order', () => {
    const { list, push } = model()
    for (const priority of priorities) for (let n = 0; n < 50; n++) push(priority, String(n))
    const round = Array.from({ length: 42 }, () => list.take()?.priority)
    const one = [...Array(16).fill('high'), ...Array(4).fill('normal'), 'low']
    assert.deepEqual(round, [...one, ...one])
  })

  it('lets no class wait for two rounds, whatever the others bring', () => {
    fc.assert(
      fc.property(fc.constantFrom(...priorities), fc.array(who, { maxLength: 100 }), (priority, arrivals) => {
        const { list, push } = model()
        for (const { priority: other, consumer } of arrivals) push(other, consumer)
        // The round has begun already, for some of them.
        for (let n = 0; n < arrivals.length / 2; n++) list.take()
        for (const each of priorities) for (let n = 0; n < 100; n++) push(each, 'x')
        const taken = Array.from({ length: 42 }, () => list.take()?.priority)
        assert.ok(taken.includes(priority))
      }),
    )
  })

  it('takes a high call before all others where nobody waited before', () => {
    fc.assert(
      fc.property(fc.array(who, { minLength: 1, maxLength: 16 }), (arrivals) => {
        const { list, push } = model()
        for (const { priority, consumer } of arrivals) push(priority, consumer)
        const first = priorities.find((name) => arrivals.some(({ priority }) => priority === name))
        assert.equal(list.take()?.priority, first)
      }),
    )
  })
})
