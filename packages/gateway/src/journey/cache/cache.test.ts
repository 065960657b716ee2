import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from '../../kernel/answer.ts'
import type { Call } from '../../kernel/call.ts'
import { AstraError } from '../../kernel/errors.ts'
import { fakeCounters } from '../charge/testing/fake-counters.ts'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { journeyWith, type Predict, type Script, type Stream } from '../testing/journey-bed.ts'
import { policy, settled, textsOf, whole } from './testing/answers.ts'
import { FakeCacheStore } from './testing/fake-cache-store.ts'

/** A journey whose model numbers its answers. */
function counting(script: Script = {}) {
  let asked = 0
  const predict: Predict = async (_replica, _signal, inputs) => {
    asked++
    return {
      items: inputs.map((): Item => ({ output: { text: `${asked}` } })),
      usage: { inputTokens: 5, outputTokens: 5 },
    }
  }
  const stream: Stream = async function* () {
    asked++
    for (const text of ['a', `${asked}`]) yield { type: 'chunk', chunk: { text } }
  }
  const bed = journeyWith({ predict, stream, cache: policy, ...script })
  let calls = 0
  const ask = (over: Partial<Call> = {}, caller = testCaller()) =>
    bed.journey.serve(testCall({ id: `call ${++calls}`, ...over }), caller)
  return { ...bed, ask, asked: () => asked }
}

const outputOf = (answer: Awaited<ReturnType<ReturnType<typeof counting>['ask']>>) => {
  const [item] = whole(answer).items
  return item && 'output' in item ? (item.output as { text: string }).text : undefined
}

describe('an answer that was given before', () => {
  for (const shared of [false, true]) {
    it(`goes out again under the new call's id, with a Record of its own that costs nothing${shared ? ', over the network' : ''}`, async () => {
      const cacheStore = Object.assign(new FakeCacheStore(), { shared })
      const prices = { large: [{ from: '1970-01-01', input: 1, output: 1 }] }
      const { ask, records, asked } = counting({ cacheStore, upstreamModels: { '1.0': 'large' }, prices })
      const first = whole(await ask())
      const second = whole(await ask())
      assert.deepEqual([first.cached, first.cache], [false, { outcome: 'miss' }])
      assert.deepEqual([second.callId, second.cached, second.cache?.outcome], ['call 2', true, 'hit'])
      assert.ok((second.cache?.ageMs ?? -1) >= 0)
      assert.deepEqual([second.items, second.usage], [first.items, first.usage])
      assert.equal(asked(), 1)
      const [miss, hit] = records
      assert.deepEqual([miss?.cache, miss?.inputTokens, miss?.attempts.length], ['miss', 5, 1])
      assert.ok(miss?.costUsd)
      assert.deepEqual(
        [hit?.cache, hit?.outcome, hit?.versionServed, hit?.attempts, hit?.inputTokens, hit?.costUsd, hit?.unpriced],
        ['hit', 'ok', '1.0', [], undefined, undefined, false],
      )
    })
  }

  it('goes to nobody who left while it was looked up', async () => {
    const { ask, records, asked } = counting({ cacheStore: Object.assign(new FakeCacheStore(), { shared: true }) })
    await ask()
    const caller = new AbortController()
    const left = assert.rejects(ask({ signal: caller.signal }), { code: 'cancelled' })
    caller.abort()
    await left
    assert.deepEqual([records[1]?.outcome, asked()], ['cancelled', 1])
  })

  it('as a stream is a stream again, and told apart from a whole one', async () => {
    const { ask, records, asked } = counting()
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', '1'])
    const again = await ask({ stream: true })
    assert.deepEqual(await textsOf(again), ['a', '1'])
    assert.deepEqual([again.cached, again.callId], [true, 'call 2'])
    assert.equal(records[1]?.outcome, 'ok')
    assert.ok(records[1]?.firstChunkMs !== undefined)
    assert.equal(outputOf(await ask()), '2')
    assert.equal(asked(), 2)
  })

  it('is told in the form of the door that asks now', async () => {
    const { ask } = counting()
    await ask()
    let told: string | undefined
    await ask({ door: 'graphql', tell: (answer) => (told = JSON.stringify(answer.items)) })
    assert.equal(told, '[{"output":{"text":"1"}}]')
  })

  it('is no use once its time is over', async () => {
    const { ask, advance } = counting()
    await ask()
    advance(2000)
    assert.equal(outputOf(await ask()), '2')
    assert.equal(outputOf(await ask()), '2')
  })

  it('is passed over and replaced with no-cache; with no-store it is not even kept', async () => {
    const { ask, records } = counting()
    assert.equal(outputOf(await ask({ options: { cache: 'no-store' } })), '1')
    assert.equal(outputOf(await ask()), '2')
    assert.equal(outputOf(await ask({ options: { cache: 'no-cache' } })), '3')
    assert.equal(outputOf(await ask()), '3')
    assert.deepEqual(
      records.map(({ cache }) => cache),
      ['bypass', 'miss', 'bypass', 'hit'],
    )
  })

  it("is nobody else's than its scope says", async () => {
    const other = { ...testCaller(), consumer: 'other' }
    const team = (consumer: string) => ({ ...testCaller(), consumer, team: 'growth' })
    const mine = counting()
    await mine.ask()
    assert.equal(outputOf(await mine.ask({}, other)), '2')
    const ours = counting({ cache: { ...policy, scope: 'team' } })
    await ours.ask({}, team('demo'))
    assert.equal(outputOf(await ours.ask({}, team('other'))), '1')
    assert.equal(outputOf(await ours.ask({}, other)), '2')
    const everybodys = counting({ cache: { ...policy, scope: 'public' } })
    await everybodys.ask()
    assert.equal(outputOf(await everybodys.ask({}, other)), '1')
  })

  it('takes a request of its caller, and refuses one that has none left', async () => {
    const limits = { requests: { amount: 2, perMs: 60_000, burst: 2 } }
    const { ask, records, asked } = counting({ limits })
    await ask()
    assert.ok((await ask()).limits?.some(({ kind }) => kind === 'requests'))
    await assert.rejects(ask(), { code: 'rate_limited' })
    assert.equal(asked(), 1)
    assert.equal(records[2]?.outcome, 'refused')
  })

  it('is not looked for where the contract has no cache', async () => {
    const { journey, records } = journeyWith()
    const answer = await journey.serve(testCall({ options: { cache: 'no-cache' } }), testCaller())
    assert.equal(answer.cache, undefined)
    assert.equal(records[0]?.cache, undefined)
  })
})

describe('what is kept', () => {
  const kept = async (script: Script, over: Partial<Call> = {}) => {
    const cacheStore = new FakeCacheStore()
    const { ask } = counting({ cacheStore, ...script })
    const answer = await ask(over).catch(() => undefined)
    if (answer?.kind === 'stream') await textsOf(answer).catch(() => undefined)
    await settled()
    return cacheStore.entries.size
  }

  it('is a complete answer', async () => {
    assert.equal(await kept({}), 1)
    assert.equal(await kept({}, { stream: true }), 1)
    assert.equal(await kept({}, { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }), 1)
  })

  it('is no answer of which a part failed, upstream or here', async () => {
    const predict: Predict = async () => ({
      items: [{ output: { text: 'a' } }, { error: new AstraError('upstream_failed') }],
    })
    assert.equal(await kept({ predict }, { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }), 0)
    assert.equal(await kept({}, { batch: true, inputs: [{ text: 'a' }, { text: 7 }] }), 0)
  })

  it("is no error, no stream that broke off, and no fallback's answer", async () => {
    const fails: Predict = async () => {
      throw new AstraError('upstream_failed')
    }
    const breaks: Stream = async function* () {
      yield { type: 'chunk', chunk: { text: 'a' } }
      throw new AstraError('upstream_failed')
    }
    assert.equal(await kept({ predict: fails }), 0)
    assert.equal(await kept({ stream: breaks }, { stream: true }), 0)
    const predict: Predict = async (replica, _signal, inputs) => {
      if (replica === 'a') throw new AstraError('upstream_failed')
      return { items: inputs.map((output) => ({ output })) }
    }
    assert.equal(await kept({ predict, upstreamModels: { '1.0': 'a', '1.1': 'b' } }), 0)
  })

  it('is no longer than the contract says', async () => {
    const cache = { ...policy, answerBytesMax: 20 }
    assert.equal(await kept({ cache }), 0)
    const long: Stream = async function* () {
      for (let i = 0; i < 10; i++) yield { type: 'chunk', chunk: { text: `${i}` } }
    }
    assert.equal(await kept({ cache, stream: long }, { stream: true }), 0)
  })

  it('is no stream that its caller left', async () => {
    const cacheStore = new FakeCacheStore()
    const { ask, records } = counting({ cacheStore })
    const answer = await ask({ stream: true })
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) break
    await settled()
    assert.deepEqual([cacheStore.entries.size, records[0]?.outcome], [0, 'cancelled'])
  })

  it('is nothing when the store is down, and the call goes on', async () => {
    const cacheStore = Object.assign(new FakeCacheStore(), { down: true, shared: true })
    const { ask, asked } = counting({ cacheStore })
    assert.equal(outputOf(await ask()), '1')
    assert.equal(outputOf(await ask()), '2')
    assert.equal(asked(), 2)
  })
})

describe('a stale answer', () => {
  const cache = { ...policy, staleMs: 50_000 }

  it('goes out at once, while one call of the same consumer asks anew', async () => {
    const { ask, advance, records } = counting({ cache })
    await ask({ options: { reference: 'mine' } })
    advance(2000)
    const stale = await ask()
    assert.deepEqual([outputOf(stale), stale.cache?.outcome, stale.cached], ['1', 'stale', true])
    await ask()
    await settled()
    assert.equal(outputOf(await ask()), '2')
    const refresh = records.find(({ tags }) => tags?.refresh === 'cache')
    assert.deepEqual(
      [refresh?.consumer, refresh?.cache, refresh?.versionServed, refresh?.reference, refresh?.inputTokens],
      ['demo', 'bypass', '1.0', undefined, 5],
    )
    assert.equal(records.length, 5)
  })

  it('is refreshed as a stream, too', async () => {
    const { ask, advance } = counting({ cache })
    await textsOf(await ask({ stream: true }))
    advance(2000)
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', '1'])
    await settled()
    assert.deepEqual(await textsOf(await ask({ stream: true })), ['a', '2'])
  })

  it('is asked for only by a call that its limits let in', async () => {
    const { counters } = fakeCounters()
    const take: typeof counters.take = async (...asked) => counters.take(...asked)
    const limits = { requests: { amount: 1, perMs: 1e9, burst: 1 } }
    const { ask, advance, asked } = counting({ cache, limits, counters: { ...counters, take } })
    await ask()
    advance(2000)
    await assert.rejects(ask(), { code: 'rate_limited' })
    await settled()
    assert.equal(asked(), 1)
  })

  it('is asked for again not before a pause where its answer is not kept', async () => {
    let fails = false
    let asked = 0
    const predict: Predict = async (_replica, _signal, inputs) => {
      asked++
      return {
        items: inputs.map((output, i) => (fails && i > 0 ? { error: new AstraError('upstream_failed') } : { output })),
      }
    }
    const { ask, advance } = counting({ cache, predict })
    const batch = { batch: true, inputs: [{ text: 'a' }, { text: 'b' }] }
    await ask(batch)
    advance(2000)
    fails = true
    for (let i = 0; i < 3; i++) {
      assert.equal((await ask(batch)).cache?.outcome, 'stale')
      await settled()
    }
    assert.equal(asked, 2)
  })

  it('is asked for by one call at a time, and again after a pause where that failed', async () => {
    let fails = false
    let asked = 0
    const predict: Predict = async (_replica, _signal, inputs) => {
      asked++
      if (fails) throw new AstraError('upstream_failed')
      return { items: inputs.map(() => ({ output: { text: `${asked}` } })) }
    }
    const { ask, advance } = counting({ cache, predict, repeatable: false })
    await ask()
    advance(2000)
    fails = true
    await Promise.all([ask(), ask(), ask()])
    await settled()
    assert.equal(asked, 2)
    for (let i = 0; i < 3; i++) {
      await ask()
      await settled()
    }
    assert.equal(asked, 2)
    fails = false
    advance(5000)
    assert.equal(outputOf(await ask()), '1')
    await settled()
    assert.equal(outputOf(await ask()), '3')
  })
})
