import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskedTake, Mark, MarkedTake, ToldTaken } from '../testing/by-takes.ts'

export interface CallsPlace {
  /** A key that no test has used. */
  fresh(kind: string): string
  take(takes: readonly AskedTake[], leaseId?: string): Promise<ToldTaken>
  settle(takes: readonly MarkedTake[], leaseId: string): void
  advance(ms: number): Promise<void>
}

/** One per 100 s, 10 at once. */
export const slow = { type: 'rate', amount: 36, perMs: 3_600_000, burst: 10 } as const
export const emissionMs = slow.perMs / slow.amount
/** So many of them that counters which mean nothing any more are forgotten. */
const many = 1100

const tokens = (key: string, amount: number): AskedTake => ({ key, bound: slow, amount })
/** They stay used, whatever becomes of the call. */
const request = (key: string, amount = 1): AskedTake => ({ key, bound: slow, amount, settles: false })
const place = (key: string): AskedTake => ({
  key,
  bound: { type: 'concurrent', max: 1, leaseMs: slow.perMs },
  amount: 1,
})

/** What all counters must do of a call as a gateway asks them: of several owners, some of whose bounds settle, and some do not. */
export function countersOfCalls({ fresh, take, settle, advance }: CallsPlace): void {
  /** One is used of each, and none began when another did: so no other's mark gives anything back. */
  async function beganApart(...keys: readonly string[]): Promise<void> {
    for (const [at, key] of keys.entries()) {
      if (at > 0) await advance(emissionMs)
      await take([tokens(key, 1 + keys.length - at)])
    }
    await advance(emissionMs)
  }
  async function used(...keys: readonly string[]): Promise<readonly number[]> {
    const { remaining } = await take(keys.map((key) => tokens(key, 0)))
    // Some seconds of the 100 that one takes to drain may have passed.
    return remaining.map((left) => Math.round(slow.burst - left))
  }
  async function marksOf(takes: readonly AskedTake[], leaseId?: string): Promise<readonly (Mark | undefined)[]> {
    const taken = await take(takes, leaseId)
    assert.ok(taken.taken)
    return taken.marks
  }
  const back = (key: string, amount: number, mark: Mark | undefined): MarkedTake => {
    assert.ok(mark)
    return { ...tokens(key, -amount), mark }
  }

  test('of rates that settle alone marks are told, each its own, and what does not settle stays used', async () => {
    const [requests, ours, theirs] = [fresh('requests'), fresh('tokens'), fresh('tokens')]
    await beganApart(requests, ours, theirs)
    const [none, our, their] = await marksOf([request(requests), tokens(ours, 6), tokens(theirs, 6)])
    assert.equal(none, undefined)
    assert.deepEqual(await used(requests, ours, theirs), [2, 7, 7])
    settle([back(ours, 6, our), back(theirs, 6, their)], 'call')
    assert.deepEqual(await used(requests, ours, theirs), [2, 1, 1])
  })

  test('what is settled beside a rate that does not settle, or of which nothing changes, is given back by its own mark', async () => {
    const [requests, ours, theirs] = [fresh('requests'), fresh('tokens'), fresh('tokens')]
    await beganApart(requests, ours, theirs)
    const [, our, their] = await marksOf([request(requests), tokens(ours, 6), tokens(theirs, 6)])
    settle([request(requests, 0), back(ours, 0, our), back(theirs, 3, their)], 'call')
    assert.deepEqual(await used(requests, ours, theirs), [2, 7, 4])
    settle([request(requests, 1), back(ours, 6, our), back(theirs, 3, their)], 'call')
    assert.deepEqual(await used(requests, ours, theirs), [3, 1, 1])
  })

  test('of two owners, whose calls end in turn, each gets back what its own calls left', async () => {
    const [ours, theirs] = [fresh('tokens'), fresh('tokens')]
    await beganApart(ours, theirs)
    const both = [tokens(ours, 4), tokens(theirs, 4)]
    const first = await marksOf(both, 'first')
    await advance(emissionMs)
    const second = await marksOf(both, 'second')
    assert.deepEqual(await used(ours, theirs), [8, 8])
    settle([back(ours, 3, second[0]), back(theirs, 3, second[1])], 'second')
    assert.deepEqual(await used(ours, theirs), [5, 5])
    settle([back(ours, 3, first[0]), back(theirs, 3, first[1])], 'first')
    // One has drained meanwhile, which may have been of what is given back.
    assert.deepEqual(await used(ours, theirs), [3, 3])
  })

  test('of a call that one bound refuses nothing stays used, of what settles as of what does not', async () => {
    const [full, requests, more, some] = [fresh('concurrent'), fresh('requests'), fresh('requests'), fresh('tokens')]
    await beganApart(requests, some, more)
    await take([place(full)], 'another')
    const refused = await take([request(requests, 4), tokens(some, 4), place(full), request(more, 4)])
    assert.ok(!refused.taken)
    assert.equal(refused.refusedAt, 2)
    assert.deepEqual(await used(requests, some, more), [1, 1, 1])
  })

  test('whoever asks of it, a counter that was forgotten begins once', async () => {
    const [ours, theirs] = [fresh('requests'), fresh('requests')]
    const alone = [request(ours, 10)]
    assert.equal((await take(alone)).taken, true)
    await advance(11 * emissionMs)
    await take(Array.from({ length: many }, () => request(fresh('requests'))))
    assert.equal((await take(alone)).taken, true)
    assert.equal((await take([request(ours), request(theirs)])).taken, false)
    assert.equal((await take(alone)).taken, false)
  })
}
