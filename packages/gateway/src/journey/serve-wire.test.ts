import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Relay } from '../kernel/backend.ts'
import type { Call } from '../kernel/call.ts'
import { AstraError, type ErrorCode } from '../kernel/errors.ts'
import type { WireRequest } from '../kernel/wire.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { journeyWith, outcome, type Predict } from './testing/journey-bed.ts'

describe('a request in a dialect', () => {
  const wire: WireRequest = {
    dialect: 'openai-embeddings',
    bytes: Buffer.from('{}'),
    body: {},
    items: 3,
    canonical: () => [{ text: 'a' }, { text: 'b' }, { text: 'c' }],
  }
  const call = { inputs: [], wire, batch: true, allOrNothing: true }
  const relay: Relay = {
    speaks: (_version, dialect) => dialect === 'openai-embeddings',
    predict: async (_version, _replica, { bytes }) => ({ bytes, text: '', usage: { inputTokens: 7 } }),
    stream: async function* () {
      yield { type: 'relayed', bytes: Buffer.from('x'), content: true, text: 'x' }
    },
  }
  const serve = async (run: ReturnType<typeof journeyWith>, over: Partial<Call> = {}) => {
    const answer = await run.journey.serve(testCall({ ...call, ...over }), testCaller())
    return { answer, record: run.records[0] }
  }

  it('is relayed where upstream speaks it, and its items are counted', async () => {
    const { answer, record } = await serve(journeyWith({ relay }))
    assert.ok(answer.kind === 'whole')
    assert.deepEqual([answer.items, answer.relayed], [[], wire.bytes])
    assert.deepEqual([record?.items, record?.inputTokens, record?.versionServed], [3, 7, '1.0'])
  })

  it('goes through its canonical form elsewhere', async () => {
    const { answer, record } = await serve(journeyWith())
    assert.ok(answer.kind === 'whole')
    assert.deepEqual(answer.items, [{ output: { text: 'a' } }, { output: { text: 'b' } }, { output: { text: 'c' } }])
    assert.equal(record?.items, 3)
  })

  it('is refused, with nothing asked of a model, where that form is unsupported or does not fit', async () => {
    const unreadable = () => {
      throw new AstraError('unsupported')
    }
    for (const [canonical, expected] of [
      [unreadable, 'unsupported'],
      [() => [{ text: 5 }], 'invalid_input'],
    ] as const) {
      const { code, record } = await outcome(journeyWith(), { ...call, wire: { ...wire, canonical } })
      assert.deepEqual([code, record.outcome, record.attempts.length], [expected, 'refused', 0])
    }
  })

  it('keeps to the items that the contract allows, relayed or not', async () => {
    for (const script of [{ relay }, {}]) {
      const { code } = await outcome(journeyWith(script), { ...call, wire: { ...wire, items: 5 } })
      assert.equal(code, 'too_many_items')
    }
  })

  it('is answered here, without an attempt, where its door can and upstream cannot', async () => {
    const counting = { ...wire, items: 1, here: async () => ({ inputTokens: 4 }) }
    const { answer, record } = await serve(journeyWith(), { wire: counting, batch: false })
    assert.ok(answer.kind === 'whole')
    assert.deepEqual(answer.items, [{ output: { inputTokens: 4 } }])
    assert.deepEqual([record?.outcome, record?.attempts.length, record?.unpriced], ['ok', 0, false])
    const relayed = await serve(journeyWith({ relay }), { wire: counting, batch: false })
    assert.ok(relayed.answer.kind === 'whole' && relayed.answer.relayed)
  })

  describe('that its door can answer itself', () => {
    const counting = { ...wire, items: 1, here: async () => ({ inputTokens: 4 }) }
    const upstreamModels = { '1.0': 'vendor/large', '1.1': 'vendor/small' }
    const predict: Predict = async () => assert.fail('a model was asked')
    const failing = (code: ErrorCode) => ({
      ...relay,
      predict: async () => {
        throw new AstraError(code)
      },
    })

    it('uses up nothing where it is relayed', async () => {
      const { record } = await serve(journeyWith({ relay, upstreamModels }), { wire: counting, batch: false })
      assert.deepEqual([record?.inputTokens, record?.costUsd, record?.unpriced], [undefined, undefined, false])
      assert.equal(record?.upstreamModel, undefined)
    })

    it('is, where upstream fails; no generation takes its place', async () => {
      const fallback: Relay = { ...relay, speaks: ({ id }) => id === '1.0' }
      for (const code of ['upstream_failed', 'upstream_unavailable', 'upstream_stalled'] as const) {
        const run = journeyWith({
          relay: { ...fallback, ...failing(code), speaks: fallback.speaks },
          predict,
          upstreamModels,
        })
        const { answer, record } = await serve(run, { wire: counting, batch: false })
        assert.ok(answer.kind === 'whole')
        assert.deepEqual([answer.items, answer.usage], [[{ output: { inputTokens: 4 } }], { items: 1 }])
        assert.deepEqual([record?.outcome, record?.attempts.length, record?.unpriced], ['ok', 1, false])
      }
    })

    it('is not, where upstream refuses the request or the time is up', async () => {
      for (const code of ['invalid_input', 'timeout'] as const) {
        const run = journeyWith({ relay: failing(code), predict, upstreamModels })
        assert.equal((await outcome(run, { ...call, wire: counting, batch: false })).code, code)
      }
    })
  })

  it("streams in upstream's bytes", async () => {
    const { chunks, record } = await outcome(journeyWith({ relay }), { ...call, batch: false, stream: true })
    assert.deepEqual(chunks[0], { type: 'relayed', bytes: Buffer.from('x'), content: true, text: 'x' })
    assert.equal(record.outcome, 'ok')
    assert.notEqual(record.firstChunkMs, undefined)
  })
})
