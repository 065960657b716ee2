import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { WholeAnswer } from '../kernel/answer.ts'
import type { Call } from '../kernel/call.ts'
import { AstraError, type ErrorCode } from '../kernel/errors.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { echo, journeyWith, outcome, type Predict, type Stream } from './testing/journey-bed.ts'

const unavailable = () => new AstraError('upstream_unavailable', { reason: 'refused' })
const hang: Predict = (_replica, signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

describe('the journey keeps exactly one Record', () => {
  it('of a success, with who, what and why', async () => {
    const { record, code } = await outcome(journeyWith(), { options: { unit: 'u', reference: 'r' } })
    assert.equal(code, undefined)
    assert.equal(record.outcome, 'ok')
    assert.equal(record.versionAssigned, '1.0')
    assert.equal(record.versionServed, '1.0')
    assert.equal(record.assignReason, 'only')
    assert.equal(record.consumer, 'demo')
    assert.equal(record.unitHash, '#u')
    assert.equal(record.reference, 'r')
    assert.equal(record.catalogRevision, 7)
    assert.equal(record.attempts.length, 1)
  })

  const refusals: readonly [string, Partial<Call>, ErrorCode, Parameters<typeof testCaller>[0]?][] = [
    ['of an unknown model', { model: 'sapm' }, 'unknown_model'],
    ['of a misfit', { inputs: [{}] }, 'invalid_input'],
    ['of a missing permission', {}, 'forbidden', { permissions: [] }],
    ['of a model that is not allowed', {}, 'model_forbidden', { models: ['other'] }],
    ['of an unknown pin', { options: { version: '9' } }, 'unknown_version'],
  ]
  for (const [name, over, expected, caller] of refusals) {
    it(name, async () => {
      const { code, record } = await outcome(journeyWith(), over, testCaller(caller))
      assert.equal(code, expected)
      assert.equal(record.code, expected)
      assert.equal(record.outcome, 'refused')
      assert.equal(record.attempts.length, 0)
    })
  }

  it('of a failure, whose reason is for operators only', async () => {
    const predict: Predict = async () => {
      throw new AstraError('upstream_failed', { reason: 'password=hunter2 in a stack trace' })
    }
    const { code, record } = await outcome(journeyWith({ predict }))
    assert.equal(code, 'upstream_failed')
    assert.equal(record.outcome, 'failed')
    assert.match(record.reason ?? '', /hunter2/)
  })

  it('of a fault in the gateway itself', async () => {
    const predict: Predict = async () => {
      throw new TypeError('undefined is not a function')
    }
    const { code, record } = await outcome(journeyWith({ predict }))
    assert.equal(code, 'internal')
    assert.match(record.reason ?? '', /undefined is not a function/)
  })

  it('of an answer that breaks the contract', async () => {
    const predict: Predict = async () => ({ items: [{ output: { text: 5 } }] })
    assert.equal((await outcome(journeyWith({ predict }))).code, 'invalid_output')
  })

  it('of an answer that its door cannot tell', async () => {
    const tell = ({ version }: WholeAnswer) => {
      throw new AstraError('invalid_output', { reason: `${version} gave no tensor` })
    }
    const { code, record } = await outcome(journeyWith(), { batch: true, tell })
    assert.deepEqual([code, record.code, record.outcome], ['invalid_output', 'invalid_output', 'failed'])
    assert.equal(record.reason, '1.0 gave no tensor')
    assert.equal(record.itemsFailed, 1)
  })

  it('of too few results', async () => {
    const predict: Predict = async () => ({ items: [] })
    assert.equal((await outcome(journeyWith({ predict }))).code, 'upstream_failed')
  })

  it('of a time limit, which a caller may shorten', async () => {
    const { code, record } = await outcome(journeyWith({ predict: hang }), { options: { timeoutMs: 5 } })
    assert.equal(code, 'timeout')
    assert.deepEqual([record.outcome, record.attempts[0]?.hurried], ['failed', true])
  })

  it('of a caller who leaves, upstream being told', async () => {
    const caller = new AbortController()
    let told = false
    const predict: Predict = (replica, signal, inputs) => {
      signal.addEventListener('abort', () => {
        told = true
      })
      queueMicrotask(() => caller.abort())
      return hang(replica, signal, inputs)
    }
    const { code, record } = await outcome(journeyWith({ predict }), { signal: caller.signal })
    assert.equal(code, 'cancelled')
    assert.equal(record.outcome, 'cancelled')
    assert.ok(told)
  })

  it('of a batch, counting the items that failed', async () => {
    const call = { batch: true, inputs: [{ text: 'a' }, { text: 1 }, { text: 'c' }] }
    const { record, code } = await outcome(journeyWith(), call)
    assert.equal(code, undefined)
    assert.equal(record.items, 3)
    assert.equal(record.itemsFailed, 1)
    assert.equal(record.outcome, 'ok')
  })

  it('of a batch without a single output: refused when no model was asked, else failed', async () => {
    const misfits = { batch: true, inputs: [{ text: 1 }, {}] }
    const refused = await outcome(journeyWith(), misfits)
    assert.equal(refused.code, undefined)
    assert.equal(refused.record.outcome, 'refused')
    assert.equal(refused.record.code, 'invalid_input')
    assert.equal(refused.record.itemsFailed, 2)
    const error = new AstraError('upstream_failed')
    const predict: Predict = async (_replica, _signal, inputs) => ({ items: inputs.map(() => ({ error })) })
    const { code, record } = await outcome(journeyWith({ predict }), { batch: true, inputs: [{ text: 'a' }] })
    assert.equal(code, undefined)
    assert.equal(record.outcome, 'failed')
    assert.equal(record.code, 'upstream_failed')
  })

  it('with queueing told apart from work: only what upstream says it queued', async () => {
    const predict: Predict = async (...given) => ({ ...(await echo(...given)), queueMs: 0.25 })
    const { record } = await outcome(journeyWith({ predict }))
    assert.equal(record.queueMs, 0.25)
    assert.equal(record.upstreamMs, 0.75, 'one tick of the clock, less the queue')
    assert.equal((await outcome(journeyWith(), { inputs: [{}] })).record.queueMs, 0)
  })
})

describe('another replica is tried', () => {
  it('where surely nothing ran, and the Record tells both attempts', async () => {
    const predict: Predict = async (replica, signal, inputs) => {
      if (replica === 'a') throw unavailable()
      return echo(replica, signal, inputs)
    }
    const run = journeyWith({ predict, replicas: ['a', 'b'] })
    const { code, record } = await outcome(run)
    assert.equal(code, undefined)
    assert.deepEqual(
      record.attempts.map(({ replica, role }) => [replica, role]),
      [
        ['a', 'serve'],
        ['b', 'retry'],
      ],
    )
  })

  it('once where something may have run, and never where running twice costs more than work', async () => {
    const predict: Predict = async () => {
      throw new AstraError('upstream_failed')
    }
    for (const [repeatable, attempts] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const { code, record } = await outcome(journeyWith({ predict, replicas: ['a', 'b', 'c'], repeatable }))
      assert.deepEqual([code, record.attempts.length], ['upstream_failed', attempts])
    }
  })

  it('each at most once', async () => {
    const predict: Predict = async () => {
      throw unavailable()
    }
    const { code, record } = await outcome(journeyWith({ predict, replicas: ['a', 'b', 'c'] }))
    assert.equal(code, 'upstream_unavailable')
    assert.deepEqual(record.attempts.map(({ replica }) => replica).sort(), ['a', 'b', 'c'])
  })

  it('never once a chunk is out, whatever the failure and wherever it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(4),
        fc.constantFrom<ErrorCode>('upstream_unavailable', 'upstream_failed'),
        async (after, fault) => {
          const asked: string[] = []
          const stream: Stream = async function* (replica) {
            asked.push(replica)
            for (let i = 0; i < after; i++) yield { type: 'chunk', chunk: { text: `${i}` } }
            throw new AstraError(fault)
          }
          const { code, record } = await outcome(journeyWith({ stream, replicas: ['a', 'b'] }), { stream: true })
          assert.equal(code, fault)
          assert.equal(record.outcome, 'failed')
          assert.equal(asked.length, after === 0 ? 2 : 1)
        },
      ),
    )
  })
})

describe('a stream', () => {
  const words: Stream = async function* () {
    for (const text of ['a', 'b']) yield { type: 'chunk', chunk: { text } }
    yield { type: 'usage', usage: { outputTokens: 2 } }
  }

  it('ends with answer-end, and its Record has the usage', async () => {
    const { chunks, record } = await outcome(journeyWith({ stream: words }), { stream: true })
    assert.deepEqual(chunks.at(-1), { type: 'answer-end', usage: { items: 1, outputTokens: 2 } })
    assert.equal(chunks.length, 3)
    assert.equal(record.outcome, 'ok')
    assert.equal(record.outputTokens, 2)
    assert.ok(record.firstChunkMs !== undefined && record.firstChunkMs <= record.latencyMs)
  })

  it('without chunks has no first chunk', async () => {
    const { record } = await outcome(journeyWith(), { stream: true })
    assert.equal(record.outcome, 'ok')
    assert.equal(record.firstChunkMs, undefined)
  })

  it('that its door cannot tell has failed, whatever its reader does then', async () => {
    const stream: Stream = async function* () {
      yield { type: 'chunk', chunk: { text: 'x' } }
      yield { type: 'chunk', chunk: { text: 'y' } }
    }
    const { journey, records } = journeyWith({ stream })
    const answer = await journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) {
      await answer.fail?.(new AstraError('invalid_output', { reason: 'has no form there' }))
      break
    }
    const [record] = records
    assert.deepEqual([records.length, record?.outcome, record?.code], [1, 'failed', 'invalid_output'])
    assert.equal(record?.reason, 'has no form there')
  })

  it('that its reader leaves is cancelled, and upstream is let go', async () => {
    let released = false
    const stream: Stream = async function* () {
      try {
        for (;;) yield { type: 'chunk', chunk: { text: 'on and on' } }
      } finally {
        released = true
      }
    }
    const run = journeyWith({ stream })
    const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    for await (const event of answer.events) if (event.type === 'chunk') break
    assert.equal(run.records.length, 1)
    assert.equal(run.records[0]?.outcome, 'cancelled')
    assert.deepEqual(
      run.records[0]?.attempts.map(({ code }) => code),
      ['cancelled'],
    )
    assert.ok(released)
  })

  it('whose caller leaves while upstream is silent ends at once, and upstream is told', async () => {
    const caller = new AbortController()
    let told = false
    const stream: Stream = async function* (_replica, signal) {
      yield { type: 'chunk', chunk: { text: 'a' } }
      signal.addEventListener('abort', () => {
        told = true
      })
      await hang(_replica, signal, [])
    }
    const run = journeyWith({ stream })
    const answer = await run.journey.serve(testCall({ stream: true, signal: caller.signal }), testCaller())
    assert.ok(answer.kind === 'stream')
    const events = answer.events[Symbol.asyncIterator]()
    await events.next()
    const next = events.next()
    await new Promise(setImmediate)
    caller.abort()
    assert.ok(told, 'before anything else happens')
    await assert.rejects(next, { code: 'cancelled' })
    await new Promise(setImmediate)
    assert.deepEqual(
      run.records.map(({ outcome }) => outcome),
      ['cancelled'],
    )
  })

  it('that its reader leaves is cancelled even where upstream ends only when it is told to', async () => {
    const stream: Stream = (_replica, signal) => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: { type: 'chunk', chunk: { text: 'a' } } }),
        return: () => hang(_replica, signal, []).catch(() => ({ done: true, value: undefined })) as Promise<never>,
      }),
    })
    const run = journeyWith({ stream })
    const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) break
    assert.equal(run.records[0]?.outcome, 'cancelled')
  })

  it('gives its places back however it ends', async () => {
    const stream: Stream = async function* (replica) {
      if (replica === 'a') throw new AstraError('upstream_failed')
      yield* words(replica, new AbortController().signal)
      yield* words(replica, new AbortController().signal)
    }
    const run = journeyWith({ stream, upstreamModels: {} })
    const ends: readonly ((events: AsyncIterable<unknown>) => Promise<void>)[] = [
      async (events) => {
        for await (const _ of events);
      },
      async (events) => {
        for await (const _ of events) break
      },
    ]
    // Two calls at once are the limit of each version.
    for (let i = 0; i < 8; i++) {
      const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
      assert.ok(answer.kind === 'stream')
      assert.equal(answer.version, '1.1')
      await ends[i % 2]?.(answer.events)
    }
    const plain = journeyWith({ stream: words })
    for (let i = 0; i < 8; i++) {
      const answer = await plain.journey.serve(testCall({ stream: true }), testCaller())
      assert.ok(answer.kind === 'stream')
      await ends[i % 2]?.(answer.events)
    }
    assert.deepEqual([run.records.length, plain.records.length], [8, 8])
  })

  it('that nobody ever reads is recorded when its caller leaves', async () => {
    const caller = new AbortController()
    const run = journeyWith({ stream: words })
    await run.journey.serve(testCall({ stream: true, signal: caller.signal }), testCaller())
    assert.equal(run.records.length, 0)
    caller.abort()
    await new Promise(setImmediate)
    assert.equal(run.records[0]?.outcome, 'cancelled')
  })

  it('with a chunk that breaks the contract ends in an error', async () => {
    const stream: Stream = async function* () {
      yield { type: 'chunk', chunk: { text: 'fine' } }
      yield { type: 'chunk', chunk: { text: 5 } }
    }
    const { code, chunks } = await outcome(journeyWith({ stream }), { stream: true })
    assert.equal(code, 'invalid_output')
    assert.equal(chunks.length, 1)
  })
})
