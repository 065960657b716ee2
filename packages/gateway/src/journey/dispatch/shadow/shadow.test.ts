import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import type { Call } from '../../../kernel/call.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import { testCall, testCaller } from '../../testing/fixtures.ts'
import { echo, journeyWith, type Predict, type Script, type Stream } from '../../testing/journey-bed.ts'

const share = { shadow: { share: 1 } }
/** 1.1 runs at this replica. */
const isCopy = (replica: string) => replica.startsWith('fallback')

const hang: Predict = (replica, signal, inputs) => {
  if (!isCopy(replica)) return echo(replica, signal, inputs)
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
const saying =
  (text: string): Predict =>
  async (replica, signal, inputs) =>
    isCopy(replica) ? { items: inputs.map(() => ({ output: { text } })) } : echo(replica, signal, inputs)

const turn = () => new Promise((resolve) => setImmediate(resolve))
async function turns(count = 12): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

let calls = 0
const nextId = () => `01976f3a-0000-7000-8000-${String(++calls).padStart(12, '0')}`

function bed(script: Script = {}) {
  const run = journeyWith({ ...share, ...script })
  const ofCopies = () => run.records.filter(({ consumer }) => consumer === 'astra-shadow')
  return {
    ...run,
    ofCopies,
    serve: (over: Partial<Call> = {}) => run.journey.serve(testCall({ id: nextId(), ...over }), testCaller()),
    sums() {
      const [sums, ...more] = run.shadow.reports.sums('spam')
      assert.ok(sums && more.length === 0)
      return sums
    },
    nothingSeen: () => assert.deepEqual([run.shadow.reports.sums('spam'), ofCopies()], [[], []]),
  }
}

const words = (said: Readonly<Record<string, readonly string[]>>): Stream =>
  async function* (replica) {
    for (const text of said[replica] ?? []) yield { type: 'chunk', chunk: { text } }
  }

async function readAll(answer: Awaited<ReturnType<ReturnType<typeof bed>['serve']>>): Promise<unknown[]> {
  assert.ok(answer.kind === 'stream')
  const events: unknown[] = []
  for await (const event of answer.events) events.push(event)
  return events
}

describe('a call of the share', () => {
  it('is copied after its answer, as a call of astra-shadow with a Record of its own', async () => {
    const { serve, records, ofCopies } = bed({ predict: saying('hello') })
    const answer = await serve({ options: { unit: 'u', session: 's', reference: 'order-7', tags: { team: 'x' } } })
    assert.equal(records.length, 1, 'the answer is there before the copy begins')
    await turns()
    const [copy, ...more] = ofCopies()
    assert.ok(copy && more.length === 0)
    const { consumer, keyId, versionAssigned, assignReason, reference, unitHash, session, tags, enrolment, cache } =
      copy
    assert.deepEqual([consumer, keyId, versionAssigned, assignReason], ['astra-shadow', 'internal', '1.1', 'pin'])
    assert.deepEqual([reference, tags], [answer.callId, { purpose: 'shadow' }])
    assert.deepEqual([unitHash, session, enrolment, cache], [undefined, undefined, undefined, undefined])
    assert.deepEqual(
      copy.attempts.map(({ role, version }) => [role, version]),
      [['shadow', '1.1']],
    )
  })

  it('is the same one whoever looks, and stays one when the share grows', async () => {
    const ids = Array.from({ length: 400 }, nextId)
    const copiedAt = async (share: number) => {
      const run = bed({ shadow: { share } })
      for (const id of ids) {
        await run.serve({ id })
        await turns(6)
      }
      return new Set(run.ofCopies().map(({ reference }) => reference))
    }
    const [few, again, more] = [await copiedAt(0.1), await copiedAt(0.1), await copiedAt(0.3)]
    assert.deepEqual(few, again)
    assert.ok(few.size > 20 && few.size < 60, `${few.size} of 400`)
    assert.ok(more.size > 85 && more.size < 155 && few.isSubsetOf(more), `${more.size} of 400`)
  })

  it('has the Record that it would have without a shadow', async () => {
    const records: CallRecord[] = []
    for (const script of [{}, share]) {
      const run = journeyWith(script)
      await run.journey.serve(testCall(), testCaller())
      await turns()
      const [own] = run.records
      assert.ok(own)
      records.push(own)
    }
    assert.deepEqual(records[0], records[1])
  })

  it('is compared with its copy, and what differs is kept as ids alone', async () => {
    const agreeing = bed({ predict: saying('hello') })
    await agreeing.serve()
    await turns()
    const { answered, compared, agreed, distance, measures, failed, dropped, served, shadow } = agreeing.sums()
    assert.deepEqual([served, shadow, answered, compared, agreed, distance.mean], ['1.0', '1.1', 1, 1, 1, 0])
    assert.deepEqual([measures, failed, dropped], [{ text: 1 }, {}, {}])
    assert.deepEqual(agreeing.shadow.reports.disagreements('spam'), [])

    const other = bed({ predict: saying('goodbye') })
    const answer = await other.serve()
    await turns()
    const [one, ...more] = other.shadow.reports.disagreements('spam')
    assert.deepEqual([one?.call, one?.copy, more], [answer.callId, other.ofCopies()[0]?.id, []])
    assert.ok(one && one.distance > 0.5)
    assert.deepEqual([other.sums().compared, other.sums().agreed], [1, 0])
    assert.ok(!JSON.stringify(other.shadow.reports.disagreements('spam')).includes('goodbye'))
  })

  it('is compared item by item where it is a list', async () => {
    const predict: Predict = async (replica, _signal, inputs) => ({
      items: inputs.map((output, place) => ({ output: isCopy(replica) && place === 1 ? { text: 'xyz' } : output })),
    })
    const { serve, sums } = bed({ predict })
    await serve({ batch: true, inputs: [{ text: 'abc' }, { text: 'abc' }] })
    await turns()
    assert.deepEqual([sums().compared, sums().agreed, sums().distance.mean], [1, 0, 0.5])
  })

  it('leaves its cost to its caller, and that of its copy to astra-shadow', async () => {
    const predict: Predict = async (replica, _signal, inputs) => ({
      items: inputs.map((output) => ({ output })),
      usage: { inputTokens: 1_000_000, outputTokens: isCopy(replica) ? 2_000_000 : 1_000_000 },
    })
    const prices = {
      old: [{ from: '1970-01-01', input: 1, output: 1 }],
      new: [{ from: '1970-01-01', input: 1, output: 1 }],
    }
    const { serve, sums, records } = bed({ predict, prices, upstreamModels: { '1.0': 'old', '1.1': 'new' } })
    await serve()
    await turns()
    assert.deepEqual(
      records.map(({ consumer, costUsd }) => [consumer, costUsd]),
      [
        ['demo', 2],
        ['astra-shadow', 3],
      ],
    )
    assert.deepEqual([sums().ofServed.costUsd, sums().ofShadow.costUsd], [2, 3])
  })

  it('is not compared where the answer is too long, nor copied', async () => {
    const long = 'x'.repeat(100_000)
    const served = bed({ predict: async () => ({ items: [{ output: { text: long } }] }) })
    await served.serve()
    await turns()
    assert.deepEqual([served.sums().dropped, served.ofCopies()], [{ 'too-large': 1 }, []])
    const copied = bed({ predict: saying(long) })
    await copied.serve()
    await turns()
    assert.deepEqual(
      [copied.sums().answered, copied.sums().skipped, copied.sums().compared],
      [1, { 'too-large': 1 }, 0],
    )
  })
})

describe('a stream', () => {
  it('passes as it is, and what it said is compared with what its copy says', async () => {
    const stream = words({ a: ['he', 'llo'], fallback: ['hello'] })
    const { serve, sums, ofCopies } = bed({ stream })
    const events = await readAll(await serve({ stream: true }))
    assert.deepEqual(
      events,
      await readAll(await journeyWith({ stream }).journey.serve(testCall({ stream: true }), testCaller())),
    )
    await turns()
    assert.deepEqual([sums().compared, sums().agreed, ofCopies()[0]?.streamed], [1, 1, true])
  })

  it('is not copied when its reader leaves it, or it breaks off', async () => {
    const left = bed({ stream: words({ a: ['he', 'llo'] }) })
    const answer = await left.serve({ stream: true })
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) break
    await turns()
    left.nothingSeen()
    const broken = bed({
      async *stream() {
        yield { type: 'chunk', chunk: { text: 'a' } }
        throw new Error('cut')
      },
    })
    const cut = await broken.serve({ stream: true })
    await assert.rejects(readAll(cut))
    await turns()
    broken.nothingSeen()
  })

  it('is not compared where one side is longer than what is kept', async () => {
    const long = Array.from({ length: 100 }, () => 'x'.repeat(1000))
    const { serve, sums } = bed({ stream: words({ a: ['hello'], fallback: long }) })
    await readAll(await serve({ stream: true }))
    await turns(120)
    assert.deepEqual(sums().skipped, { 'too-large': 1 })
  })
})

describe('no copy is made', () => {
  it('of a call that failed, was pinned, or is the gateway’s own', async () => {
    const failing = bed({ predict: async () => Promise.reject(new Error('x')) })
    await assert.rejects(failing.serve())
    await turns()
    failing.nothingSeen()
    const pinned = bed()
    await pinned.serve({ options: { version: '1.0' } })
    await turns()
    pinned.nothingSeen()
    const own = bed()
    await own.journey.serve(testCall(), { ...testCaller(), consumer: 'astra-cache' })
    await turns()
    own.nothingSeen()
  })

  it('of what a cache answers', async () => {
    const cache = { ttlMs: 60_000, staleMs: 0, scope: 'consumer', answerBytesMax: 1000 } as const
    const { serve, sums, ofCopies } = bed({ cache })
    await serve()
    await turns()
    assert.equal((await serve()).cached, true)
    await turns()
    assert.deepEqual([sums().answered, ofCopies().length], [1, 1])
    assert.equal(ofCopies()[0]?.cache, undefined, 'and no cache answers a copy, or keeps what it was told')
  })
})

describe('a shadow that hangs', () => {
  it('keeps no caller waiting: copies are bounded, dropped beyond that and counted, and end at their time limit', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const { serve, sums, shadow, ofCopies, records } = bed({ predict: hang })
      for (let i = 0; i < 100; i++) {
        assert.equal((await serve()).cached, false)
        await turn()
        assert.ok(shadow.inFlight <= 2, 'as many as the contract lets be in flight')
      }
      assert.equal(records.length, 100)
      assert.deepEqual([shadow.inFlight, sums().dropped], [2, { full: 98 }])
      mock.timers.tick(1000)
      await turns()
      assert.deepEqual([shadow.inFlight, sums().failed], [0, { timeout: 2 }])
      assert.deepEqual(
        ofCopies().map(({ outcome, code }) => [outcome, code]),
        [
          ['failed', 'timeout'],
          ['failed', 'timeout'],
        ],
      )
      assert.deepEqual(shadow.drops(), [{ model: 'spam', major: 1, reason: 'full', calls: 98 }])
    } finally {
      mock.timers.reset()
    }
  })

  it('ends with the gateway, and what is served afterwards is not copied', async () => {
    const { serve, shadow, sums, ofCopies } = bed({ predict: hang })
    await serve()
    await turns()
    assert.equal(shadow.inFlight, 1)
    shadow.stop()
    await turns()
    assert.deepEqual([shadow.inFlight, ofCopies()[0]?.outcome], [0, 'cancelled'])
    await serve()
    await turns()
    assert.deepEqual([ofCopies().length, sums().dropped], [1, { unasked: 1 }])
  })
})

describe('a shadow that fails', () => {
  it('is asked once, without fallback, and its replica is blamed for nothing', async () => {
    const predict: Predict = async (replica, signal, inputs) => {
      if (isCopy(replica)) throw new AstraError('upstream_failed')
      return echo(replica, signal, inputs)
    }
    const { serve, sums, ofCopies, fleet } = bed({ predict, shadowReplicas: ['fallback', 'fallback-2'] })
    for (let i = 0; i < 10; i++) {
      await serve()
      await turns()
    }
    assert.deepEqual([sums().failed, sums().answered], [{ upstream_failed: 10 }, 0])
    assert.ok(ofCopies().every(({ attempts }) => attempts.length === 1))
    assert.deepEqual(
      fleet.status('spam@v1/1.1').map(({ state }) => state),
      ['ready', 'ready'],
    )
  })

  it('that fails by a limit of astra-shadow is dropped, and its caller is not refused', async () => {
    const requests = { amount: 1, perMs: 3_600_000, burst: 1 }
    const { serve, sums, ofCopies, advance } = bed({ shadowLimits: { requests } })
    for (let i = 0; i < 5; i++) {
      await serve()
      await turns()
    }
    assert.deepEqual([sums().answered, sums().dropped], [1, { limits: 4 }])
    assert.deepEqual(
      ofCopies().map(({ outcome, code }) => [outcome, code]),
      [
        ['ok', undefined],
        ['refused', 'rate_limited'],
      ],
      'one Record tells it, and then none for a while',
    )
    advance(1000)
    await serve()
    await turns()
    assert.equal(ofCopies().length, 3)
  })

  it('uses up no limit of those who are served', async () => {
    const requests = { amount: 3, perMs: 3_600_000, burst: 3 }
    const { serve, sums } = bed({ modelLimits: { requests } })
    for (let i = 0; i < 3; i++) {
      await serve()
      await turns()
    }
    assert.equal(sums().answered, 3)
    await assert.rejects(serve(), { code: 'rate_limited' })
  })
})
