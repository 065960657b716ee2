import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Answer, WholeAnswer } from '../../../kernel/answer.ts'
import type { CacheOutcome, SemanticPolicy } from '../../../kernel/cache.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import { AstraError, type ErrorCode } from '../../../kernel/errors.ts'
import { permit } from '../../admit/permit.ts'
import { assign } from '../../assign/assign.ts'
import { type FittedCall, fitInputs } from '../../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../../testing/fixtures.ts'
import { createCache } from '../cache.ts'
import { policy, settled, textsOf, whole } from '../testing/answers.ts'
import { FakeCacheStore } from '../testing/fake-cache-store.ts'
import type { Visit } from '../visit.ts'

/** Degrees in which texts point; one that is not here has no vector. */
const meanings: Readonly<Record<string, number>> = { 'hi there': 0, 'hello you': 10, 'good bye': 90 }
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180)

interface Script {
  readonly semantic?: Partial<SemanticPolicy>
  readonly store?: FakeCacheStore
  /** In place of the embedding model. */
  readonly embed?: (call: Call, caller: Caller) => Promise<Answer>
  /** What the model says to a text. */
  readonly say?: (text: string) => string
  /** Until when it says nothing. */
  readonly silence?: Promise<void>
}

/** A cache before a model that answers with what it was asked, unless told otherwise; embeddings are those of the table. */
function bedOf({ semantic, store = new FakeCacheStore(), embed, say = (text) => text, silence }: Script = {}) {
  let now = 0
  let ids = 0
  const clock = { now: () => now, elapsed: () => now, id: () => `embedding ${++ids}` }
  const cache = createCache({ store, clock })
  const embeddings: { readonly call: Call; readonly caller: Caller }[] = []
  const asked: FittedCall[] = []
  const outcomes: CacheOutcome[] = []
  const admitting: { fault?: AstraError | undefined } = {}
  const record: Visit['record'] = {
    cache: (outcome) => void outcomes.push(outcome),
    leaves: () => undefined,
    firstChunk: () => undefined,
    timing: () => ({ queueMs: 0, upstreamMs: 0, totalMs: 0 }),
    succeed: () => undefined,
    fail: () => undefined,
  }
  const textIn = ({ inputs }: FittedCall) => (inputs[0] as { text: string }).text
  const visit: Visit = {
    record,
    async ask(fitted) {
      asked.push(fitted)
      await silence
      const { call, version } = fitted
      const head = { callId: call.id, model: 'spam', major: 1, version: version.id, cached: false }
      const text = say(textIn(fitted))
      if (!call.stream) return { ...head, ...wholeOf({ text }) }
      async function* events() {
        yield { type: 'chunk', chunk: { text } } as const
        yield { type: 'answer-end', usage: { items: 1 } } as const
      }
      return { ...head, kind: 'stream', events: events() }
    },
    admit() {
      if (admitting.fault) throw admitting.fault
      return undefined
    },
    async serve(call, caller) {
      embeddings.push({ call, caller })
      return embed ? await embed(call, caller) : vectorOf(call)
    },
  }
  const contract = {
    streams: true,
    cache: {
      ...policy,
      semantic: { mode: 'serve', model: 'embed@v1', similarityMin: 0.95, timeoutMs: 200, ...semantic } as const,
    },
  }
  const catalog = testCatalog({ '1.0': 1, '1.1': 0 }, { contract })
  const ask = (text: string, over: Partial<Call> = {}, caller = testCaller()) => {
    const call = testCall({ id: `call ${text}`, inputs: [{ text }], startedAt: now, ...over })
    return Promise.resolve(
      cache.answer(
        fitInputs(assign(permit(call, caller, catalog)), () => false),
        visit,
      ),
    )
  }
  const report = () => {
    const [one] = cache.semanticReports()
    if (!one) return undefined
    const { similarities, ...counts } = one
    return { ...counts, similarities: similarities.filter(({ calls, compared }) => calls + compared > 0) }
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { ask, pass, cache, store, embeddings, asked, outcomes, admitting, report }
}

function wholeOf(output: unknown): Pick<WholeAnswer, 'kind' | 'items' | 'usage' | 'timing'> {
  return {
    kind: 'whole',
    items: [{ output }],
    usage: { items: 1 },
    timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
  }
}

function vectorOf({ id, inputs }: Call, version = '1.0'): Answer {
  const degrees = meanings[(inputs[0] as { text: string }).text]
  if (degrees === undefined) throw new AstraError('upstream_unavailable')
  const head = { callId: id, model: 'embed', major: 1, version, cached: false }
  return { ...head, ...wholeOf({ embedding: [3 * cosine(degrees), 3 * cosine(90 - degrees)] }) }
}

const outputOf = (answer: Answer) => {
  const [item] = whole(answer).items
  return item && 'output' in item ? (item.output as { text: string }).text : undefined
}

describe('an answer to a text that means the same', () => {
  for (const shared of [false, true])
    it(`goes out with its similarity and its age, and no model is asked but the one for the vector${shared ? ', over the network' : ''}`, async () => {
      const { ask, pass, asked, embeddings, outcomes } = bedOf({
        store: Object.assign(new FakeCacheStore(), { shared }),
      })
      await ask('hi there')
      pass(300)
      const answer = await ask('hello you')
      assert.equal(outputOf(answer), 'hi there')
      assert.deepEqual([answer.cached, answer.cache?.outcome, answer.cache?.ageMs], [true, 'semantic', 300])
      assert.ok(Math.abs((answer.cache?.similarity ?? 0) - cosine(10)) < 1e-6)
      assert.deepEqual(outcomes, ['miss', 'semantic'])
      assert.deepEqual([asked.length, embeddings.length], [1, 2])
    })

  it('is a stream again where a stream was asked for', async () => {
    const { ask, outcomes } = bedOf()
    await textsOf(await ask('hi there', { stream: true }))
    await settled()
    assert.deepEqual(await textsOf(await ask('hello you', { stream: true })), ['hi there'])
    await ask('hello you')
    assert.deepEqual(outcomes, ['miss', 'semantic', 'miss'])
  })

  it('gives way to an exact one, which needs no vector', async () => {
    const { ask, embeddings, outcomes } = bedOf()
    await ask('hi there')
    await ask('hi there')
    assert.deepEqual([outcomes, embeddings.length], [['miss', 'hit'], 1])
  })

  it('does not go out to a text that means something else, to another consumer, or from another version', async () => {
    const { ask, outcomes, report } = bedOf()
    await ask('hi there')
    await ask('good bye')
    await ask('hello you', {}, { ...testCaller(), consumer: 'other' })
    await ask('hello you', { options: { version: '1.1' } })
    assert.deepEqual(outcomes, ['miss', 'miss', 'miss', 'miss'])
    assert.equal(report()?.served, 0)
  })

  it('has to be as close as the contract says', async () => {
    const { ask, outcomes } = bedOf({ semantic: { similarityMin: 0.99 } })
    await ask('hi there')
    await ask('hello you')
    assert.deepEqual(outcomes, ['miss', 'miss'])
  })

  it('is none any more once it expired, was purged, or went from the store', async () => {
    const { ask, pass, cache, store, outcomes } = bedOf()
    await ask('hi there')
    pass(1001)
    await ask('hello you')
    await cache.purge('spam@v1')
    assert.equal(cache.vectors().entries, 0)
    await ask('hi there')
    store.entries.clear()
    await ask('hello you')
    assert.deepEqual(outcomes, ['miss', 'miss', 'miss', 'miss'])
  })

  it('is found under a text that was asked anew, with its latest answer', async () => {
    let asked = 0
    const { ask, pass, embeddings } = bedOf({ say: () => `${++asked}` })
    await ask('hi there', { options: { cache: 'no-cache' } })
    await settled()
    pass(900)
    await ask('hi there', { options: { cache: 'no-cache' } })
    await settled()
    assert.equal(embeddings.length, 1)
    pass(900)
    assert.equal(outputOf(await ask('hello you')), '2')
  })

  it('does not go out where another version of the embedding model gave the vector', async () => {
    let version = '1.0'
    const { ask, outcomes } = bedOf({ embed: async (call) => vectorOf(call, version) })
    await ask('hi there')
    version = '2.0'
    await ask('hello you')
    assert.deepEqual(outcomes, ['miss', 'miss'])
  })

  it('does not go out to a caller who left, or who has no requests left', async () => {
    const { ask, outcomes, admitting, report } = bedOf()
    await ask('hi there')
    await assert.rejects(ask('hello you', { signal: AbortSignal.abort() }), { code: 'cancelled' })
    admitting.fault = new AstraError('rate_limited')
    await assert.rejects(ask('hello you'), { code: 'rate_limited' })
    assert.deepEqual([outcomes, report()?.served], [['miss'], 0])
    admitting.fault = undefined
    await ask('hello you')
    assert.equal(report()?.served, 1)
  })
})

describe('the call for a vector', () => {
  it('is one of an internal consumer, bound to the time that there is, with the call that it is for', async () => {
    const { ask, embeddings } = bedOf()
    await ask(
      'hi there',
      { options: { timeoutMs: 50, reference: 'mine', unit: 'u' } },
      testCaller({ models: ['spam'] }),
    )
    const [{ call, caller } = assert.fail()] = embeddings
    assert.deepEqual([caller.consumer, caller.keyId, caller.models], ['astra-cache', 'internal', undefined])
    assert.deepEqual([call.model, call.major, call.inputs], ['embed', 1, [{ text: 'hi there' }]])
    assert.deepEqual(call.options, { timeoutMs: 50, reference: 'call hi there', tags: { purpose: 'cache' } })
  })

  it('makes the call a miss where it fails or says no vector, and is not made for a while after five such', async () => {
    const none = { callId: '', model: 'embed', major: 1, version: '1.0', cached: false }
    const outputs = [{ embedding: [] }, { embedding: [0, 0] }, { embedding: ['a', 1] }, {}, undefined]
    const { ask, pass, embeddings, outcomes, report } = bedOf({
      embed: async () => ({ ...none, ...wholeOf(outputs[embeddings.length - 1]) }),
    })
    for (let i = 0; i < 7; i++) await ask(`text ${i}`)
    assert.deepEqual(new Set(outcomes), new Set(['miss']))
    assert.deepEqual([embeddings.length, report()?.lookups, report()?.failures], [5, 7, 7])
    pass(5000)
    await ask('text 8')
    assert.equal(embeddings.length, 6)
  })

  const never = () => new Promise<never>(() => undefined)
  const fail = (code: ErrorCode) => async () => {
    throw new AstraError(code)
  }
  const told: readonly [what: string, pauses: boolean, script: Script, options: Call['options']][] = [
    ['of callers who wait less than the contract allows', false, { embed: never }, { timeoutMs: 50 }],
    ['of texts that the model does not take', false, { embed: fail('invalid_input') }, {}],
    [
      'of a model that is down, though callers are in a hurry',
      true,
      { embed: fail('upstream_failed') },
      { timeoutMs: 50 },
    ],
    ['of a model that is too slow for the contract', true, { embed: never, semantic: { timeoutMs: 5000 } }, {}],
  ]
  for (const [what, pauses, script, options] of told)
    it(`is ${pauses ? 'not made for a while' : 'still made'} after five failures ${what}`, async (context) => {
      context.mock.timers.enable({ apis: ['setTimeout'] })
      const { ask, embeddings } = bedOf(script)
      for (let i = 0; i < 6; i++) {
        const answer = ask(`text ${i}`, { options })
        await settled()
        context.mock.timers.tick(1000)
        await answer
      }
      assert.equal(embeddings.length, pauses ? 5 : 6)
    })

  it('is still made after five were, and only the store was too slow', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const store = new FakeCacheStore()
    const { ask, embeddings } = bedOf({
      store: Object.assign(store, { get: (key: string) => (store.entries.has(key) ? never() : undefined) }),
      embed: async (call) => vectorOf({ ...call, inputs: [{ text: 'hi there' }] }),
    })
    for (let i = 0; i < 7; i++) {
      const answer = ask(`text ${i}`)
      await settled()
      context.mock.timers.tick(200)
      await answer
    }
    assert.equal(embeddings.length, 7)
  })

  it('holds up a call no longer than the contract says, and what is left is the time of the call', async (context: TestContext) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    let signal: Call['signal'] | undefined
    const { ask, pass, asked } = bedOf({
      embed: (call) => {
        signal = call.signal
        return new Promise(() => undefined)
      },
    })
    const answer = ask('hi there')
    await settled()
    pass(199)
    context.mock.timers.tick(199)
    await settled()
    assert.deepEqual([asked.length, signal?.aborted], [0, false])
    pass(1)
    context.mock.timers.tick(1)
    assert.equal(outputOf(await answer), 'hi there')
    assert.equal(signal?.aborted, true)
    assert.deepEqual([asked[0]?.waitedMs, asked[0]?.call.options], [200, {}])
  })

  it('is taken off the time of a call once, also where that then waits for an equal one', async (context: TestContext) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const model = Promise.withResolvers<void>()
    const { ask, pass, asked } = bedOf({ embed: () => new Promise(() => undefined), silence: model.promise })
    const answers = [ask('hi there'), ask('hi there')]
    for (const ms of [200, 799]) {
      await settled()
      pass(ms)
      context.mock.timers.tick(ms)
    }
    model.resolve()
    const outcomes = (await Promise.all(answers)).map(({ cache }) => cache?.outcome)
    assert.deepEqual([outcomes, asked.length], [['miss', 'joined'], 1])
  })
})

describe('what is only measured', () => {
  const semantic = { mode: 'measure' } as const

  it('is served to nobody, and told: how many would have been, at which similarity, and whether the answers were equal', async () => {
    const { ask, outcomes, report } = bedOf({ semantic, say: (text) => (text === 'hello you' ? 'hi there' : text) })
    for (const text of ['hi there', 'hello you', 'good bye', 'unknown']) {
      await ask(text)
      await settled()
    }
    assert.deepEqual(outcomes, ['miss', 'miss', 'miss', 'miss'])
    assert.deepEqual(report(), {
      model: 'spam',
      major: 1,
      lookups: 4,
      failures: 1,
      served: 0,
      wouldServe: 1,
      similarities: [
        { from: 0.975, calls: 1, compared: 1, equal: 1 },
        { from: 0, calls: 1, compared: 1, equal: 0 },
      ],
    })
  })

  it('holds up no call: the model is asked while the vector is made', async () => {
    const vector = Promise.withResolvers<void>()
    const { ask, asked, report } = bedOf({
      semantic,
      embed: async (call) => {
        await vector.promise
        return vectorOf(call)
      },
    })
    assert.equal(outputOf(await ask('hi there')), 'hi there')
    assert.deepEqual([asked.length, report()?.lookups], [1, 0])
    vector.resolve()
    await settled()
    assert.equal(report()?.lookups, 1)
  })

  it('is not disturbed by a kept answer that cannot be read', async () => {
    const { ask, store, outcomes } = bedOf({ semantic })
    await ask('hi there')
    await settled()
    for (const key of store.entries.keys()) store.entries.set(key, { bytes: Buffer.from('rubbish'), storedAt: 0 })
    await ask('hello you')
    await settled()
    assert.deepEqual(outcomes, ['miss', 'miss'])
  })
})
