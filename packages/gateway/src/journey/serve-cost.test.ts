import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../kernel/errors.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { counted, echo, journeyWith, outcome, type Predict, type Stream } from './testing/journey-bed.ts'

describe('what a call cost', () => {
  const upstreamModels = { '1.0': 'vendor/large', '1.1': 'vendor/small' }
  const prices = {
    'vendor/large': [{ from: '1970-01-01', input: 10, output: 100 }],
    'vendor/small': [{ from: '1970-01-01', input: 1, output: 2 }],
  }
  const told = { inputTokens: 100_000, outputTokens: 10_000 }
  const usage: Predict = async (...given) => ({ ...(await echo(...given)), usage: told })

  it('is told by the price of the model that answered', async () => {
    const { record } = await outcome(journeyWith({ predict: usage, upstreamModels, prices }))
    assert.deepEqual([record.upstreamModel, record.costUsd, record.unpriced], ['vendor/large', 2, false])
  })

  it('after a fallback too, whose version is told to the caller', async () => {
    const predict: Predict = async (replica, ...given) => {
      if (replica === 'a') throw new AstraError('upstream_failed')
      return usage(replica, ...given)
    }
    const run = journeyWith({ predict, upstreamModels, prices })
    const answer = await run.journey.serve(testCall(), testCaller())
    const [record] = run.records
    assert.equal(answer.version, '1.1')
    assert.deepEqual([record?.versionAssigned, record?.versionServed], ['1.0', '1.1'])
    assert.deepEqual([record?.upstreamModel, record?.costUsd, record?.unpriced], ['vendor/small', 0.12, false])
  })

  it('holds what an attempt had used up whose answer was of no use', async () => {
    const predict: Predict = async (replica, ...given) =>
      replica === 'a' ? { items: [{ output: { text: 5 } }], usage: told } : usage(replica, ...given)
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices }))
    assert.deepEqual([record.versionServed, record.inputTokens, record.costUsd], ['1.1', 100_000, 2 + 0.12])
  })

  it('holds what a stream had told before it broke off and another took its place', async () => {
    const stream: Stream = async function* (replica) {
      yield { type: 'usage', usage: told }
      if (replica === 'a') throw new AstraError('upstream_failed')
      yield { type: 'chunk', chunk: { text: 'x' } }
    }
    const run = journeyWith({ stream, upstreamModels, prices })
    const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events);
    await counted()
    assert.deepEqual([run.records[0]?.versionServed, run.records[0]?.costUsd], ['1.1', 2 + 0.12])
  })

  it('is unpriced, not 0, where a model ran without a price', async () => {
    const without = await outcome(journeyWith({ predict: usage, upstreamModels }))
    assert.deepEqual([without.record.costUsd, without.record.unpriced], [undefined, true])
    const predict: Predict = async () => {
      throw new AstraError('upstream_failed')
    }
    const failed = await outcome(journeyWith({ predict, upstreamModels }))
    assert.deepEqual([failed.record.costUsd, failed.record.unpriced], [undefined, true], 'it may have run')
    const noModel = await outcome(journeyWith())
    assert.deepEqual([noModel.record.upstreamModel, noModel.record.unpriced], [undefined, false])
  })

  it('is known in part where one of two models has a price', async () => {
    const predict: Predict = async (replica, ...given) =>
      replica === 'a' ? { items: [{ output: { text: 5 } }], usage: told } : usage(replica, ...given)
    const { 'vendor/small': small } = prices
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices: { 'vendor/small': small } }))
    assert.deepEqual([record.costUsd, record.unpriced], [0.12, true])
  })

  it('is nothing, and not unpriced, where surely nothing ran', async () => {
    const predict: Predict = async () => {
      throw new AstraError('upstream_unavailable')
    }
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices }))
    assert.deepEqual([record.outcome, record.costUsd, record.unpriced], ['failed', undefined, false])
    const refused = await outcome(journeyWith({ upstreamModels, prices }), { inputs: [{}] })
    assert.deepEqual([refused.record.outcome, refused.record.unpriced], ['refused', false])
  })

  it('is nothing, and not unpriced, where the vendor refused the request, whole or item by item', async () => {
    const refusal = () => new AstraError('invalid_input')
    const whole: Predict = async () => {
      throw refusal()
    }
    const each: Predict = async (_replica, _signal, inputs) => ({ items: inputs.map(() => ({ error: refusal() })) })
    for (const predict of [whole, each]) {
      for (const over of [{ prices }, {}]) {
        const { code, record } = await outcome(journeyWith({ predict, upstreamModels, ...over }))
        assert.deepEqual([code, record.attempts.length], ['invalid_input', 1])
        assert.deepEqual([record.costUsd, record.unpriced, record.usageEstimated], [undefined, false, false])
      }
    }
  })

  it('is nothing, and not unpriced, where the vendor took neither key nor path, whole or item by item', async () => {
    const refusal = () => new AstraError('upstream_failed', { unspent: true })
    const whole: Predict = async () => {
      throw refusal()
    }
    const each: Predict = async (_replica, _signal, inputs) => ({ items: inputs.map(() => ({ error: refusal() })) })
    const stream: Stream = async function* () {
      yield* []
      throw refusal()
    }
    const ways = [[{ predict: whole }], [{ predict: each }], [{ stream }, { stream: true }]] as const
    for (const [script, call] of ways) {
      for (const over of [{ prices }, {}]) {
        const { code, record } = await outcome(journeyWith({ ...script, upstreamModels, ...over }), call)
        assert.deepEqual([code, record.versionServed, record.attempts.length], ['upstream_failed', undefined, 2])
        assert.deepEqual([record.costUsd, record.unpriced, record.usageEstimated], [undefined, false, false])
      }
    }
  })

  it('is nothing where what the version makes of the input is refused', async () => {
    const predict: Predict = async (_replica, _signal, inputs) => ({
      items: inputs.map(() => ({ error: new AstraError('invalid_output', { unspent: true }) })),
    })
    const { code, record } = await outcome(journeyWith({ predict, upstreamModels }))
    assert.deepEqual([code, record.attempts.length, record.unpriced], ['invalid_output', 2, false])
  })

  it('holds what the items used up that were answered, where others fail the call as a whole', async () => {
    const predict: Predict = async () => ({
      items: [{ output: { text: 'x' } }, { error: new AstraError('upstream_unavailable', { retryAfterMs: 1 }) }],
      usage: told,
    })
    const inputs = [{ text: 'a' }, { text: 'b' }]
    const call = { inputs, batch: true, allOrNothing: true, options: { version: '1.0' } }
    const { code, record } = await outcome(journeyWith({ predict, upstreamModels, prices }), call)
    assert.deepEqual([code, record.costUsd], ['upstream_unavailable', 2])
  })

  it('is nothing where the caller had left before a model was asked', async () => {
    const predict: Predict = async (_replica, signal) => {
      throw signal.reason
    }
    const { record } = await outcome(journeyWith({ predict, upstreamModels }), { signal: AbortSignal.abort() })
    assert.deepEqual([record.outcome, record.costUsd, record.unpriced], ['cancelled', undefined, false])
  })

  for (const [what, error] of [
    ['broke off unanswered', new AstraError('upstream_failed', { unanswered: true })],
    ['fell silent', new AstraError('upstream_stalled')],
    ['took too long', new AstraError('timeout')],
    ['was left', new AstraError('cancelled')],
  ] as const) {
    it(`of an attempt that ${what} is its input, estimated`, async () => {
      const predict: Predict = async () => {
        throw error
      }
      const run = journeyWith({ predict, upstreamModels, prices, repeatable: false })
      const { record } = await outcome(run, { options: { version: '1.0' } })
      assert.deepEqual([record.inputTokens, record.outputTokens, record.usageEstimated], [5, 0, true])
      assert.deepEqual([record.costUsd, record.unpriced], [(5 * 10) / 1e6, false])
    })
  }

  it('of an attempt that ended in a plain error is not known, and not unpriced', async () => {
    const predict: Predict = async () => {
      throw new AstraError('upstream_failed')
    }
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices }))
    assert.deepEqual([record.costUsd, record.unpriced, record.usageEstimated], [undefined, false, false])
  })

  it('is estimated where upstream is silent', async () => {
    const predict: Predict = async () => ({ items: [{ output: { text: 'four' } }] })
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices }))
    assert.deepEqual([record.inputTokens, record.outputTokens, record.usageEstimated], [5, 4, true])
    assert.equal(record.costUsd, (5 * 10 + 4 * 100) / 1e6)
  })

  it('of an answer that broke its contract is what it used up', async () => {
    const predict: Predict = async () => ({ items: [{ output: { text: 5 } }], usage: told })
    const { record } = await outcome(journeyWith({ predict, upstreamModels: { '1.0': 'vendor/large' }, prices }))
    assert.deepEqual([record.code, record.inputTokens], ['invalid_output', 100_000])
    const pinned = await outcome(journeyWith({ predict, upstreamModels, prices }), { options: { version: '1.0' } })
    assert.deepEqual([pinned.record.upstreamModel, pinned.record.costUsd], ['vendor/large', 2])
  })

  it('holds that of an attempt before the one that failed last, whose tokens are told', async () => {
    const predict: Predict = async (replica) => {
      if (replica === 'fallback') throw new AstraError('upstream_unavailable')
      return { items: [{ output: { text: 5 } }], usage: told }
    }
    const { record } = await outcome(journeyWith({ predict, upstreamModels, prices }))
    assert.deepEqual([record.upstreamModel, record.inputTokens, record.costUsd], ['vendor/small', undefined, 2])
    assert.deepEqual([record.versionServed, record.unpriced], [undefined, false])
  })

  it('of a stream that its reader left is what had come', async () => {
    const stream: Stream = async function* () {
      yield { type: 'usage', usage: { inputTokens: 1_000 } }
      for (;;) yield { type: 'chunk', chunk: { text: 'word' } }
    }
    const run = journeyWith({ stream, upstreamModels, prices })
    const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    let chunks = 0
    for await (const _ of answer.events) if (++chunks === 3) break
    await counted()
    const [record] = run.records
    assert.equal(record?.outcome, 'cancelled')
    assert.deepEqual([record?.inputTokens, record?.outputTokens, record?.usageEstimated], [1_000, 12, true])
    assert.ok(Math.abs((record?.costUsd ?? 0) - (1_000 * 10 + 12 * 100) / 1e6) < 1e-12)
  })

  it('of a stream that was cut is booked on the version whose words went out', async () => {
    const stream: Stream = async function* (replica) {
      if (replica === 'a') throw new AstraError('upstream_failed')
      yield { type: 'usage', usage: { inputTokens: 1_000_000 } }
      yield { type: 'chunk', chunk: { text: 'word' } }
      throw new AstraError('upstream_failed')
    }
    const { record } = await outcome(journeyWith({ stream, upstreamModels, prices }), { stream: true })
    assert.deepEqual([record.outcome, record.versionAssigned, record.versionServed], ['failed', '1.0', '1.1'])
    assert.ok(Math.abs((record.costUsd ?? 0) - (1 + (4 * 2) / 1e6)) < 1e-12)
  })
})
