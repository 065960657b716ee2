import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import type { Call } from '../../../kernel/call.ts'
import { AstraError, type ErrorCode } from '../../../kernel/errors.ts'
import type { Observation } from '../../../kernel/observation.ts'
import type { CallRecord } from '../../../kernel/record.ts'
import type { ShadowSum } from '../../../kernel/shadow.ts'
import { testCall, testCaller } from '../../testing/fixtures.ts'
import { echo, journeyWith, type Predict, type Script, type Stream } from '../../testing/journey-bed.ts'
import { Shadow } from './shadow.ts'

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
    /** All days together, by name. */
    async sums(): Promise<Readonly<Record<string, number>>> {
      const sums: Record<string, number> = {}
      for (const { model, served, shadow, name, value } of await run.shadow.reports.sums('spam')) {
        assert.deepEqual([model, served, shadow], ['spam', '1.0', '1.1'])
        sums[name] = (sums[name] ?? 0) + value
      }
      return sums
    },
    nothingSeen: async () => assert.deepEqual([await run.shadow.reports.sums('spam'), ofCopies()], [[], []]),
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
    const { 'served/latency-ms': served = 0, 'shadow/latency-ms': copied = 0, ...told } = await agreeing.sums()
    assert.deepEqual(told, {
      answered: 1,
      compared: 1,
      agreed: 1,
      distance: 0,
      'distance-squares': 0,
      'measure/text': 1,
    })
    assert.ok(served > 0 && copied > 0)
    assert.deepEqual(agreeing.shadow.reports.disagreements('spam'), [])

    const other = bed({ predict: saying('goodbye') })
    const answer = await other.serve()
    await turns()
    const [one, ...more] = other.shadow.reports.disagreements('spam')
    assert.deepEqual([one?.call, one?.copy, more], [answer.callId, other.ofCopies()[0]?.id, []])
    assert.ok(one && one.distance > 0.5)
    assert.deepEqual([(await other.sums()).compared, (await other.sums()).agreed], [1, undefined])
    assert.ok(!JSON.stringify(other.shadow.reports.disagreements('spam')).includes('goodbye'))
  })

  it('is compared item by item where it is a list', async () => {
    const predict: Predict = async (replica, _signal, inputs) => ({
      items: inputs.map((output, place) => ({ output: isCopy(replica) && place === 1 ? { text: 'xyz' } : output })),
    })
    const { serve, sums } = bed({ predict })
    await serve({ batch: true, inputs: [{ text: 'abc' }, { text: 'abc' }] })
    await turns()
    const { compared, agreed, distance } = await sums()
    assert.deepEqual([compared, agreed, distance], [1, undefined, 0.5])
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
    const { 'served/cost-usd': ofServed, 'shadow/cost-usd': ofShadow } = await sums()
    assert.deepEqual([ofServed, ofShadow], [2, 3])
  })

  it('is not compared where the answer is too long, nor copied', async () => {
    const long = 'x'.repeat(100_000)
    const served = bed({ predict: async () => ({ items: [{ output: { text: long } }] }) })
    await served.serve()
    await turns()
    assert.deepEqual([await served.sums(), served.ofCopies()], [{ 'dropped/too-large': 1 }, []])
    const copied = bed({ predict: saying(long) })
    await copied.serve()
    await turns()
    const { answered, compared, 'skipped/too-large': skipped } = await copied.sums()
    assert.deepEqual([answered, compared, skipped], [1, undefined, 1])
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
    const { compared, agreed } = await sums()
    assert.deepEqual([compared, agreed, ofCopies()[0]?.streamed], [1, 1, true])
  })

  it('is not copied when its reader leaves it, or it breaks off', async () => {
    const left = bed({ stream: words({ a: ['he', 'llo'] }) })
    const answer = await left.serve({ stream: true })
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) break
    await turns()
    await left.nothingSeen()
    const broken = bed({
      async *stream() {
        yield { type: 'chunk', chunk: { text: 'a' } }
        throw new Error('cut')
      },
    })
    const cut = await broken.serve({ stream: true })
    await assert.rejects(readAll(cut))
    await turns()
    await broken.nothingSeen()
  })

  it('is not compared where one side is longer than what is kept', async () => {
    const long = Array.from({ length: 100 }, () => 'x'.repeat(1000))
    const { serve, sums } = bed({ stream: words({ a: ['hello'], fallback: long }) })
    await readAll(await serve({ stream: true }))
    await turns(120)
    assert.equal((await sums())['skipped/too-large'], 1)
  })
})

describe('no copy is made', () => {
  it('of a call that failed, was pinned, or is the gateway’s own', async () => {
    const failing = bed({ predict: async () => Promise.reject(new Error('x')) })
    await assert.rejects(failing.serve())
    await turns()
    await failing.nothingSeen()
    const pinned = bed()
    await pinned.serve({ options: { version: '1.0' } })
    await turns()
    await pinned.nothingSeen()
    const own = bed()
    await own.journey.serve(testCall(), { ...testCaller(), consumer: 'astra-cache' })
    await turns()
    await own.nothingSeen()
  })

  it('of one that failed or was left, and nothing of it is left behind, however many there are', async () => {
    const { serve, ofCopies } = bed({
      predict: async (replica, signal, inputs) => {
        const [{ text } = { text: '' }] = inputs as { text: string }[]
        if (text === 'fail') throw new AstraError('upstream_failed')
        return echo(replica, signal, inputs)
      },
      stream: words({ a: ['he', 'llo'] }),
      cache: { ttlMs: 60_000, staleMs: 0, scope: 'consumer', answerBytesMax: 1000 },
    })
    await serve()
    await turns()
    for (let i = 0; i < 4200; i++) {
      await assert.rejects(serve({ inputs: [{ text: 'fail' }] }))
      const answer = await serve({ stream: true, options: { cache: 'no-store' } })
      assert.ok(answer.kind === 'stream')
      for await (const _ of answer.events) break
      assert.equal((await serve()).cached, true)
    }
    assert.equal(ofCopies().length, 1)
    await serve({ inputs: [{ text: 'another' }] })
    await turns()
    assert.equal(ofCopies().length, 2, 'what is kept of calls that are not answered yet is bounded, and would be full')
  })

  it('of what a cache answers', async () => {
    const cache = { ttlMs: 60_000, staleMs: 0, scope: 'consumer', answerBytesMax: 1000 } as const
    const { serve, sums, ofCopies } = bed({ cache })
    await serve()
    await turns()
    assert.equal((await serve()).cached, true)
    await turns()
    assert.deepEqual([(await sums()).answered, ofCopies().length], [1, 1])
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
      assert.deepEqual([shadow.inFlight, await sums()], [2, { 'dropped/full': 98 }])
      mock.timers.tick(1000)
      await turns()
      assert.deepEqual([shadow.inFlight, (await sums())['failed/timeout']], [0, 2])
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
    const { serve, shadow, own, sums, ofCopies } = bed({ predict: hang })
    await serve()
    await turns()
    assert.equal(shadow.inFlight, 1)
    own.stop()
    await turns()
    assert.deepEqual([shadow.inFlight, ofCopies()[0]?.outcome], [0, 'cancelled'])
    await serve()
    await turns()
    assert.deepEqual([ofCopies().length, await sums()], [1, { 'failed/cancelled': 1, 'dropped/unasked': 1 }])
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
    assert.deepEqual(await sums(), { 'failed/upstream_failed': 10 })
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
    const { answered, 'dropped/limits': dropped } = await sums()
    assert.deepEqual([answered, dropped], [1, 4])
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

  it('that is refused by its own fault has failed, and the next ones are copied', async () => {
    const seen: Observation[] = []
    const observer = { concerns: () => true, missed() {}, observed: (one: Observation) => void seen.push(one) }
    const { serve, own, records } = bed({ observers: [observer] })
    for (let i = 0; i < 3; i++) await serve()
    await turns()
    const sums: ShadowSum[] = []
    const codes: ErrorCode[] = ['unsupported', 'version_retired']
    const shadow = new Shadow({
      clock: { now: () => 0, elapsed: () => 0, id: nextId },
      store: { add: async (more) => void sums.push(...more), sums: async () => sums },
      own: {
        async run(asking) {
          const code = codes.shift()
          const [record] = records
          if (code === undefined || !record) return own.run(asking)
          return { said: new AstraError(code), record: { ...record, outcome: 'refused', code } }
        },
      },
    })
    for (const one of seen) {
      shadow.observed(one)
      await turns()
    }
    await shadow.flush()
    assert.deepEqual(
      sums.map(({ name, value }) => [name, value]),
      [
        ['failed/unsupported', 1],
        ['dropped/unasked', 2],
      ],
    )
  })

  it('uses up no limit of those who are served', async () => {
    const requests = { amount: 3, perMs: 3_600_000, burst: 3 }
    const { serve, sums } = bed({ modelLimits: { requests } })
    for (let i = 0; i < 3; i++) {
      await serve()
      await turns()
    }
    assert.equal((await sums()).answered, 3)
    await assert.rejects(serve(), { code: 'rate_limited' })
  })
})
