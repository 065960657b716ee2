import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import { AstraError, type ErrorCode, errorTable } from '../../kernel/errors.ts'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { journeyWith, type Predict, type Script } from '../testing/journey-bed.ts'
import { gated, policy, settled, streamed, tapped, textsOf, whole } from './testing/answers.ts'
import { FakeCacheStore } from './testing/fake-cache-store.ts'

function bedOf(script: Script = {}) {
  let asked = 0
  const predict: Predict = async (_replica, _signal, inputs) => {
    asked++
    return { items: inputs.map(() => ({ output: { text: `${asked}` } })) }
  }
  const bed = journeyWith({ predict, repeatable: false, ...script })
  let calls = 0
  const ask = (over: Partial<Call> = {}, caller = testCaller()) =>
    bed.journey.serve(
      testCall({ id: `call ${++calls}`, ...over, options: { idempotencyKey: 'k', ...over.options } }),
      caller,
    )
  return { ...bed, ask, asked: () => asked }
}

describe('a second call with the same Idempotency-Key', () => {
  it('gets the first answer, whether or not the contract has a cache', async () => {
    for (const script of [
      {},
      { cache: policy },
      { cacheStore: Object.assign(new FakeCacheStore(), { shared: true }) },
    ]) {
      const { ask, asked, records } = bedOf(script)
      const first = whole(await ask())
      const second = whole(await ask())
      assert.deepEqual([asked(), second.items, second.callId], [1, first.items, 'call 2'])
      assert.deepEqual([second.cached, second.cache?.replayed, first.cache?.replayed], [true, true, undefined])
      assert.deepEqual([records[1]?.outcome, records[1]?.cache, records[1]?.costUsd], ['ok', 'hit', undefined])
    }
  })

  it('is one of the same consumer, and of the same unit and session where its token is bound', async () => {
    const { ask, asked } = bedOf({ cache: policy })
    const as = (bound: Caller['bound'], consumer = 'demo') => ({
      ...testCaller(),
      consumer,
      ...(bound ? { bound } : {}),
    })
    const callers = [as(undefined), as({ unit: 'a' }), as({ unit: 'b' }), as({ session: 'a' }), as(undefined, 'other')]
    for (const caller of callers) assert.equal(whole(await ask({}, caller)).cache?.replayed, undefined)
    assert.equal(asked(), callers.length)
    for (const caller of callers) assert.equal(whole(await ask({}, caller)).cache?.replayed, true)
    assert.equal(asked(), callers.length)
  })

  it('gets a stream again as a stream', async () => {
    const { stream, say, end, asked } = tapped()
    const { ask } = bedOf({ stream })
    say('a', 'b')
    end()
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', 'b'])
    const second = await ask({ stream: true })
    assert.deepEqual([await textsOf(second), second.cache?.replayed, asked()], [['a', 'b'], true, 1])
  })

  it('gets the answer of the version that gave it, failed items included', async () => {
    const predict: Predict = async (replica) => {
      if (replica === 'a') throw new AstraError('upstream_failed')
      const failed = new AstraError('invalid_input', { detail: 'Too odd', reason: 'secret' })
      return { items: [{ output: { text: 'x' } }, { error: failed }] }
    }
    const { ask, records } = bedOf({ predict, upstreamModels: { '1.0': 'a', '1.1': 'b' } })
    const batch = { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }
    await ask(batch)
    const { version, items } = whole(await ask(batch))
    const [, failed] = items
    assert.equal(version, '1.1')
    assert.ok(failed && 'error' in failed)
    assert.deepEqual(
      [failed.error.code, failed.error.message, failed.error.facts.reason],
      ['invalid_input', 'Too odd', undefined],
    )
    assert.deepEqual([records[1]?.versionServed, records[1]?.itemsFailed], ['1.1', 1])
  })

  it('is refused with another request, and lets other consumers have the key', async () => {
    const { ask, asked } = bedOf()
    await ask()
    for (const over of [{ inputs: [{ text: 'other' }] }, { options: { version: '1.0' } }, { batch: true }])
      await assert.rejects(ask(over), { code: 'idempotency_mismatch' })
    await ask({ options: { unit: 'another', tags: { a: 'b' } } })
    assert.equal(asked(), 1)
    await ask({}, { ...testCaller(), consumer: 'other' })
    assert.equal(asked(), 2)
  })

  it('is told to come back while the first still runs', async () => {
    const { predict, asked } = gated()
    const { ask } = bedOf({ predict })
    const first = ask()
    await settled()
    await assert.rejects(
      ask(),
      (error: AstraError) => error.code === 'idempotency_running' && error.facts.retryAfterMs === 1000,
    )
    asked[0]?.resolve()
    await first
    assert.equal((await ask()).cached, true)
  })

  it('gets an error again after which the model may have run, and only such', async () => {
    const again: Partial<Record<ErrorCode, boolean>> = {
      upstream_failed: true,
      invalid_input: true,
      upstream_unavailable: false,
      internal: false,
    }
    for (const [code, kept] of Object.entries(again) as [ErrorCode, boolean][]) {
      let asked = 0
      const predict: Predict = async () => {
        asked++
        throw new AstraError(code, { detail: 'Told', reason: 'secret' })
      }
      const { ask, records } = bedOf({ predict })
      await assert.rejects(ask(), { code })
      await assert.rejects(
        ask(),
        (error: AstraError) => error.code === code && error.facts.replayed === (kept || undefined),
      )
      assert.equal(asked, kept ? 1 : 2, code)
      if (kept) assert.deepEqual([records[1]?.outcome, records[1]?.reason], ['refused', 'Told'])
    }
  })

  it('finds the key free where nothing ran, or the caller left', async () => {
    const limits = { requests: { amount: 1, perMs: 1, burst: 1 } }
    assert.equal(errorTable.rate_limited.retryable, true)
    const refused = bedOf({ limits })
    await refused.ask({ options: { idempotencyKey: 'other' } })
    await assert.rejects(refused.ask(), { code: 'rate_limited' })
    await assert.rejects(refused.ask(), { code: 'rate_limited' })

    const { predict, asked } = gated()
    const left = bedOf({ predict })
    const caller = new AbortController()
    const first = assert.rejects(left.ask({ signal: caller.signal }), { code: 'cancelled' })
    await settled()
    caller.abort()
    await first
    const second = left.ask()
    await settled()
    assert.equal(asked.length, 2)
    asked[1]?.resolve()
    assert.equal((await second).cached, false)
  })

  it('finds the key free after a list of passing faults only; one of which a part came is its answer', async () => {
    for (const [ok, kept] of [
      [false, false],
      [true, true],
    ]) {
      let asked = 0
      const predict: Predict = async (_replica, _signal, inputs) => {
        asked++
        const item: Item = { error: new AstraError('upstream_unavailable') }
        return { items: inputs.map((output, i) => (asked > 1 || (ok && i === 0) ? { output } : item)) }
      }
      const { ask } = bedOf({ predict })
      const batch = { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }
      await ask(batch)
      assert.equal((await ask(batch)).cache?.replayed, kept || undefined)
      assert.equal(asked, kept ? 1 : 2)
    }
  })

  it('gets the error again after a stream that its door could not tell', async () => {
    const { stream, say } = tapped()
    const { ask } = bedOf({ stream })
    say('a')
    await streamed(await ask({ stream: true })).fail?.(new AstraError('invalid_output'))
    await assert.rejects(ask({ stream: true }), { code: 'invalid_output' })
  })

  it('finds the key free after a stream whose caller left before it began', async () => {
    const { stream, say, end } = tapped()
    const { ask } = bedOf({ stream, cache: policy, contractLimits: { inFlightMax: 4 } })
    const caller = new AbortController()
    const first = ask({ stream: true, signal: caller.signal })
    const other = ask({ stream: true, options: { idempotencyKey: 'other' } })
    await settled()
    caller.abort()
    say('a')
    await settled()
    await first
    const again = ask({ stream: true })
    await settled()
    end()
    assert.deepEqual(await textsOf(await other), ['a'])
    assert.deepEqual(await textsOf(await again), ['a'])
  })

  it('finds the key free where it went between two looks at it, and is refused what cannot be read', async () => {
    const going = bedOf({ cacheStore: Object.assign(new FakeCacheStore(), { get: () => undefined }) })
    await going.ask()
    await assert.rejects(going.ask(), { code: 'store_unavailable' })

    class Gone extends FakeCacheStore {
      override get(key: string) {
        this.delete(key)
        return undefined
      }
    }
    const gone = bedOf({ cacheStore: new Gone() })
    await gone.ask()
    await gone.ask()
    assert.equal(gone.asked(), 2)

    const cacheStore = new FakeCacheStore()
    const odd = bedOf({ cacheStore })
    await odd.ask()
    for (const key of cacheStore.entries.keys()) cacheStore.set(key, { bytes: Buffer.from('odd'), storedAt: 0 })
    await assert.rejects(odd.ask(), { code: 'idempotency_mismatch', message: /cannot be read/ })
  })

  it('finds it free after a stream that was left, read or not', async () => {
    const { stream, say, end } = tapped()
    const { ask } = bedOf({ stream })
    say('a')
    for await (const _ of streamed(await ask({ stream: true })).events) break
    const caller = new AbortController()
    say('a')
    await ask({ stream: true, signal: caller.signal })
    caller.abort()
    await settled()
    say('b')
    end()
    assert.deepEqual((await textsOf(await ask({ stream: true }))).at(-1), 'b')
  })

  for (const shared of [true, false]) {
    it(`goes on without where that cannot be told, or is refused, as the contract says${shared ? ', over the network' : ''}`, async () => {
      const cacheStore = Object.assign(new FakeCacheStore(), { down: true, shared })
      const open = bedOf({ cacheStore })
      await open.ask()
      await open.ask()
      assert.equal(open.asked(), 2)
      const closed = bedOf({ cacheStore, contractLimits: { whenUnavailable: 'closed' } })
      await assert.rejects(closed.ask(), { code: 'store_unavailable' })
      assert.equal(closed.asked(), 0)
    })
  }
})
