import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { fakeCounters } from '../charge/testing/fake-counters.ts'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { journeyWith, type Script } from '../testing/journey-bed.ts'
import { gated, policy, settled, streamed, tapped, textsOf, whole } from './testing/answers.ts'

function bedOf(script: Script) {
  const bed = journeyWith({ cache: policy, contractLimits: { inFlightMax: 8 }, repeatable: false, ...script })
  let calls = 0
  const ask = (over: Partial<Call> = {}, caller = testCaller()) =>
    bed.journey.serve(testCall({ id: `call ${++calls}`, ...over }), caller)
  return { ...bed, ask, recordOf: (id: string) => bed.records.find((record) => record.id === id) }
}

const told = (record: CallRecord | undefined) =>
  record && [record.outcome, record.code, record.cache, record.versionServed, record.attempts.length]

describe('equal calls in flight', () => {
  it('ask once, and each gets the answer under its own id', async () => {
    const { predict, asked } = gated()
    const { ask, recordOf } = bedOf({ predict })
    const calls = [ask(), ask(), ask({ door: 'graphql' })]
    await settled()
    assert.equal(asked.length, 1)
    asked[0]?.resolve()
    const answers = (await Promise.all(calls)).map(whole)
    assert.deepEqual(
      answers.map(({ callId, cached, cache }) => [callId, cached, cache?.outcome]),
      [
        ['call 1', false, 'miss'],
        ['call 2', true, 'joined'],
        ['call 3', true, 'joined'],
      ],
    )
    assert.equal(new Set(answers.map(({ items }) => JSON.stringify(items))).size, 1)
    assert.deepEqual(told(recordOf('call 1')), ['ok', undefined, 'miss', '1.0', 1])
    assert.deepEqual(told(recordOf('call 2')), ['ok', undefined, 'joined', '1.0', 0])
  })

  it('of another input, scope or form do not meet', async () => {
    const { predict, asked } = gated()
    const { ask } = bedOf({ predict })
    const calls = [ask(), ask({ inputs: [{ text: 'other' }] }), ask({}, { ...testCaller(), consumer: 'other' })]
    calls.push(ask({ options: { cache: 'no-store' } }), ask({ options: { cache: 'no-cache' } }))
    await settled()
    assert.equal(asked.length, 5)
    for (const gate of asked) gate.resolve()
    await Promise.all(calls)
  })

  it('go on for the others when the first leaves, whose Record waits for what it cost', async () => {
    const { predict, asked, signals } = gated()
    const { ask, recordOf } = bedOf({ predict })
    const first = new AbortController()
    const calls = [ask({ signal: first.signal }), ask()]
    const refused = assert.rejects(calls[0] as Promise<unknown>, { code: 'cancelled' })
    await settled()
    first.abort()
    await settled()
    assert.equal(signals[0]?.aborted, false)
    assert.equal(recordOf('call 1'), undefined)
    asked[0]?.resolve()
    assert.equal((await calls[1])?.cached, true)
    await refused
    assert.deepEqual(told(recordOf('call 1')), ['cancelled', 'cancelled', 'miss', '1.0', 1])
    assert.equal(asked.length, 1)
  })

  it('stop upstream when the last of them has left', async () => {
    const { predict, signals } = gated()
    const { ask, records } = bedOf({ predict })
    const callers = [new AbortController(), new AbortController()]
    const calls = callers.map(({ signal }) => ask({ signal }))
    const refused = Promise.all(calls.map((call) => assert.rejects(call, { code: 'cancelled' })))
    await settled()
    callers[1]?.abort()
    await settled()
    assert.equal(signals[0]?.aborted, false)
    callers[0]?.abort()
    assert.equal(signals[0]?.aborted, true)
    await refused
    assert.deepEqual(
      records.map(({ outcome }) => outcome),
      ['cancelled', 'cancelled'],
    )
  })

  it('ask for themselves, once each, where the first gets no answer', async () => {
    const { predict, asked } = gated()
    const { ask, records } = bedOf({ predict })
    const calls = [ask(), ask(), ask()]
    const first = assert.rejects(calls[0] as Promise<unknown>, { code: 'upstream_failed' })
    await settled()
    asked[0]?.reject(new AstraError('upstream_failed'))
    await first
    await settled()
    // The first of those that are left asks, and nobody joins twice.
    assert.equal(asked.length, 3)
    for (const gate of asked) gate.resolve()
    await Promise.all(calls.slice(1))
    assert.deepEqual(
      records.map(({ outcome, attempts, cache }) => [outcome, attempts.length, cache]),
      [
        ['failed', 1, 'miss'],
        ['ok', 1, 'miss'],
        ['ok', 1, 'miss'],
      ],
    )
  })

  it('wait no longer than their own time allows', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { predict, asked } = gated()
    const { ask, recordOf } = bedOf({ predict })
    const first = ask()
    const hasty = assert.rejects(ask({ options: { timeoutMs: 100 } }), { code: 'timeout' })
    await settled()
    context.mock.timers.tick(100)
    await hasty
    assert.deepEqual(told(recordOf('call 2')), ['failed', 'timeout', undefined, undefined, 0])
    asked[0]?.resolve()
    assert.equal((await first).cached, false)
  })

  it('ask for themselves in what is left of the time limit, which is still the one that was set', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { predict, asked } = gated()
    const { ask, advance, recordOf } = bedOf({ predict })
    const pass = async (ms: number) => {
      advance(ms)
      context.mock.timers.tick(ms)
      await settled()
    }
    const first = assert.rejects(ask(), { code: 'upstream_failed' })
    const second = assert.rejects(ask({ options: { reference: 'mine' } }), {
      code: 'timeout',
      message: 'The time limit of 1000 ms ran out',
    })
    await settled()
    await pass(700)
    asked[0]?.reject(new AstraError('upstream_failed'))
    await first
    await settled()
    await pass(280)
    assert.deepEqual([asked.length, recordOf('call 2')], [2, undefined])
    await pass(20)
    const attempts = recordOf('call 2')?.attempts.map(({ code, hurried }) => [code, hurried])
    assert.deepEqual(attempts, [['timeout', undefined]])
    await second
  })

  it('wait for the first in as large a number as may be in flight; the next asks for itself', async () => {
    const { predict, asked } = gated()
    const { ask } = bedOf({ predict, contractLimits: { inFlightMax: 2 } })
    const calls = [ask(), ask(), ask(), ask()]
    await settled()
    assert.equal(asked.length, 2)
    for (const gate of asked) gate.resolve()
    await Promise.all(calls)
  })

  it('that are purged while they are asked for are not kept', async () => {
    const { predict, asked } = gated()
    const { ask, cache } = bedOf({ predict })
    const call = ask()
    await settled()
    await cache.purge('spam@v1')
    asked[0]?.resolve()
    await call
    const next = ask()
    await settled()
    assert.equal(asked.length, 2)
    asked[1]?.resolve()
    assert.equal((await next).cached, false)
  })

  it('that are purged are not joined any more, nor kept where nobody could join them', async () => {
    const { predict, asked } = gated()
    const { ask, cache } = bedOf({ predict })
    const calls = [ask(), ask({ options: { cache: 'no-cache' } })]
    await settled()
    await cache.purge('spam')
    calls.push(ask())
    await settled()
    assert.equal(asked.length, 3)
    asked[1]?.resolve()
    await calls[1]
    const next = ask()
    await settled()
    for (const gate of asked) gate.resolve()
    assert.equal((await next).cache?.outcome, 'joined')
    await Promise.all(calls)
    assert.equal(asked.length, 3)
  })
})

describe('a stream that several read', () => {
  it('is asked for once, and read by each from its beginning, also by who comes late', async () => {
    const { stream, say, end, asked } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    say('a')
    const first = textsOf(await ask({ stream: true }))
    const second = textsOf(await ask({ stream: true }))
    say('b')
    await settled()
    const third = await ask({ stream: true })
    assert.equal(third.cache?.outcome, 'joined')
    say('c')
    end()
    assert.deepEqual(await Promise.all([first, second, textsOf(third)]), Array(3).fill(['a', 'b', 'c']))
    assert.equal(asked(), 1)
    assert.deepEqual(told(recordOf('call 1')), ['ok', undefined, 'miss', '1.0', 1])
    assert.deepEqual(told(recordOf('call 3')), ['ok', undefined, 'joined', '1.0', 0])
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', 'b', 'c'])
    assert.equal(asked(), 1)
  })

  it('goes on for the others when the first leaves', async () => {
    const { stream, say, end, stopped } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    say('a')
    const first = streamed(await ask({ stream: true })).events[Symbol.asyncIterator]()
    const second = textsOf(await ask({ stream: true }))
    await first.next()
    await first.return?.()
    await settled()
    assert.deepEqual([stopped(), recordOf('call 1')], [0, undefined])
    say('b')
    end()
    assert.deepEqual(await second, ['a', 'b'])
    assert.deepEqual(told(recordOf('call 1')), ['cancelled', 'cancelled', 'miss', '1.0', 1])
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', 'b'])
  })

  it('goes on for the others when the first leaves before it began', async () => {
    const { stream, say, end, stopped, asked } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    const caller = new AbortController()
    const first = ask({ stream: true, signal: caller.signal })
    const second = ask({ stream: true })
    await settled()
    caller.abort()
    say('a')
    await settled()
    assert.deepEqual(await textsOf(await first), [])
    assert.deepEqual([stopped(), recordOf('call 1')], [0, undefined])
    say('b')
    end()
    assert.deepEqual(await textsOf(await second), ['a', 'b'])
    assert.equal(asked(), 1)
    assert.deepEqual(told(recordOf('call 1')), ['cancelled', 'cancelled', 'miss', '1.0', 1])
    assert.deepEqual(told(recordOf('call 2')), ['ok', undefined, 'joined', '1.0', 0])
  })

  for (const reading of [true, false]) {
    it(`may be joined again after all have left ${reading ? 'while they waited' : 'between two events'}`, async () => {
      const { stream, say, end, asked } = tapped()
      const { ask, recordOf } = bedOf({ stream })
      const caller = new AbortController()
      say('a')
      const events = streamed(await ask({ stream: true, signal: caller.signal })).events[Symbol.asyncIterator]()
      await events.next()
      const waited = reading ? events.next() : undefined
      await settled()
      caller.abort()
      await settled()
      await waited
      assert.equal(recordOf('call 1')?.outcome, 'cancelled')
      const calls = [ask({ stream: true }), ask({ stream: true })]
      await settled()
      say('b')
      end()
      const texts = await Promise.all(calls.map(async (call) => await textsOf(await call)))
      assert.deepEqual([texts, asked()], [[['b'], ['b']], 2])
    })
  }

  it('counts as one request where it grows too long while its limits are asked', async () => {
    const { stream, say, asked } = tapped()
    const limits = { requests: { amount: 9, perMs: 1, burst: 9 } }
    const gate = Promise.withResolvers<void>()
    const taken: string[] = []
    const { counters } = fakeCounters()
    const take: typeof counters.take = (...asked) => {
      const id = asked[2]
      taken.push(id)
      return id === 'call 2' ? gate.promise.then(() => counters.take(...asked)) : counters.take(...asked)
    }
    const { ask, recordOf } = bedOf({
      stream,
      limits,
      counters: { ...counters, take },
      cache: { ...policy, answerBytesMax: 40 },
    })
    say('a')
    const first = streamed(await ask({ stream: true })).events[Symbol.asyncIterator]()
    const second = assert.rejects(ask({ stream: true }), { code: 'overloaded' })
    await settled()
    say('b'.repeat(30), 'c')
    for (let i = 0; i < 3; i++) await first.next()
    gate.resolve()
    await second
    assert.deepEqual([taken, asked(), recordOf('call 2')?.code], [['call 1', 'call 2'], 1, 'overloaded'])
    await first.return?.()
  })

  it('is not begun by who joined and is refused', async () => {
    const { stream, say, stopped } = tapped()
    const limits = { requests: { amount: 1, perMs: 1e6, burst: 1 } }
    const { ask, recordOf } = bedOf({ stream, limits })
    say('a')
    const first = streamed(await ask({ stream: true })).events[Symbol.asyncIterator]()
    await assert.rejects(ask({ stream: true }), { code: 'rate_limited' })
    assert.deepEqual(told(recordOf('call 2')), ['refused', 'rate_limited', undefined, undefined, 0])
    assert.equal(stopped(), 0)
    await first.return?.()
    await settled()
    assert.equal(stopped(), 1)
  })

  it('ends upstream when the last of them leaves', async () => {
    const { stream, say, stopped } = tapped()
    const { ask, records } = bedOf({ stream })
    say('a')
    const callers = [new AbortController(), new AbortController()]
    for (const { signal } of callers) await ask({ stream: true, signal })
    callers[0]?.abort()
    await settled()
    assert.equal(stopped(), 0)
    callers[1]?.abort()
    await settled()
    assert.equal(stopped(), 1)
    assert.deepEqual(
      records.map(({ outcome }) => outcome),
      ['cancelled', 'cancelled'],
    )
  })

  it('that breaks off breaks off for all, and is kept for nobody', async () => {
    const { stream, say, fail, end, asked } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    say('a')
    const answers = [await ask({ stream: true }), await ask({ stream: true })]
    const read = answers.map((answer) => assert.rejects(textsOf(answer), { code: 'upstream_failed' }))
    fail(new AstraError('upstream_failed'))
    await Promise.all(read)
    assert.deepEqual(told(recordOf('call 1')), ['failed', 'upstream_failed', 'miss', '1.0', 1])
    assert.deepEqual(told(recordOf('call 2')), ['failed', 'upstream_failed', 'joined', '1.0', 0])
    say('b')
    end()
    await textsOf(await ask({ stream: true }))
    assert.equal(asked(), 2)
  })

  it('that its door cannot tell fails for that door, and nobody else', async () => {
    const { stream, say, end } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    say('a')
    const first = streamed(await ask({ stream: true }))
    const second = textsOf(await ask({ stream: true }))
    await first.fail?.(new AstraError('invalid_output'))
    say('b')
    end()
    assert.deepEqual(await second, ['a', 'b'])
    assert.deepEqual(told(recordOf('call 1')), ['failed', 'invalid_output', 'miss', '1.0', 1])
  })

  it('cuts off who joined when the time of that call is over', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { stream, say, end } = tapped()
    const { ask, recordOf } = bedOf({ stream })
    say('a')
    const first = textsOf(await ask({ stream: true }))
    const hasty = textsOf(await ask({ stream: true, options: { timeoutMs: 100 } }))
    const cut = assert.rejects(hasty, { code: 'timeout' })
    await settled()
    context.mock.timers.tick(100)
    await cut
    assert.equal(recordOf('call 2')?.code, 'timeout')
    say('b')
    end()
    assert.deepEqual(await first, ['a', 'b'])
  })

  it('is not joined once it is longer than is remembered', async () => {
    const { stream, say, asked } = tapped()
    const { ask } = bedOf({ stream, cache: { ...policy, answerBytesMax: 40 } })
    say('a'.repeat(30), 'b', 'c')
    const first = streamed(await ask({ stream: true })).events[Symbol.asyncIterator]()
    for (let i = 0; i < 3; i++) await first.next()
    say('d')
    const second = await ask({ stream: true })
    assert.deepEqual([second.cache?.outcome, asked()], ['miss', 2])
    await first.return?.()
    await streamed(second).events[Symbol.asyncIterator]().return?.()
  })
})
