import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../kernel/errors.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { counted, journeyWith, outcome, type Predict, type Stream } from './testing/journey-bed.ts'

const upstreamModels = { '1.0': 'vendor/large' }
const prices = { 'vendor/large': [{ from: '1970-01-01', input: 10, output: 100 }] }
const silent: Predict = async () => ({ items: [{ output: { text: 'four' } }] })
const cut: Stream = async function* () {
  yield { type: 'chunk', chunk: { text: 'word' } }
  throw new AstraError('upstream_failed')
}
const words: Stream = async function* () {
  for (;;) yield { type: 'chunk', chunk: { text: 'word' } }
}

describe('a token counter that fails', () => {
  const counters = {
    rejects: { count: () => Promise.reject(new Error('no worker')) },
    throws: {
      count: () => {
        throw new Error('no worker')
      },
    },
  }
  for (const [how, counter] of Object.entries(counters)) {
    // Two calls at once are the limit of the version: a place that is lost would show.
    const over = { counter, upstreamModels, prices }

    it(`(${how}) fails no answer, and loses no Record and no place`, async () => {
      const run = journeyWith({ ...over, predict: silent })
      for (let i = 1; i <= 4; i++) {
        const answer = await run.journey.serve(testCall(), testCaller())
        assert.ok(answer.kind === 'whole' && answer.items.length === 1)
        await counted()
        assert.deepEqual([run.records.length, run.records.at(-1)?.outcome], [i, 'ok'])
        assert.deepEqual([run.records.at(-1)?.costUsd, run.records.at(-1)?.unpriced], [undefined, true])
      }
    })

    it(`(${how}) nor of a stream, whether it is cut or left`, async () => {
      for (const stream of [cut, words]) {
        const run = journeyWith({ ...over, stream })
        for (let i = 1; i <= 4; i++) {
          const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
          assert.ok(answer.kind === 'stream')
          const { events } = answer
          const read = async () => {
            for await (const _ of events) if (stream === words) break
          }
          if (stream === cut) await assert.rejects(read, { code: 'upstream_failed' })
          else await read()
          await counted()
          assert.deepEqual([run.records.length, run.records.at(-1)?.versionServed], [i, '1.0'])
        }
      }
    })

    it(`(${how}) nor of a call that fails`, async () => {
      const predict: Predict = async () => {
        throw new AstraError('upstream_stalled')
      }
      const { code, record } = await outcome(journeyWith({ ...over, predict }))
      assert.deepEqual([code, record.outcome], ['upstream_stalled', 'failed'])
    })
  }
})

describe('counting', () => {
  it('is no part of how long a call took', async () => {
    const count = async () => {
      run.advance(60_000)
      return 4
    }
    const run = journeyWith({ counter: { count }, predict: silent, stream: words, upstreamModels, prices })
    const answer = await run.journey.serve(testCall(), testCaller())
    assert.ok(answer.kind === 'whole' && answer.usage.estimated)
    await counted()
    assert.ok(answer.timing.totalMs < 1000 && (run.records[0]?.latencyMs ?? 1000) < 1000)
  })

  it('lets the error of a cut stream go first, and the Record follows, once', async () => {
    const gate = Promise.withResolvers<number>()
    const run = journeyWith({ counter: { count: () => gate.promise }, stream: cut, upstreamModels, prices })
    const answer = await run.journey.serve(testCall({ stream: true }), testCaller())
    assert.ok(answer.kind === 'stream')
    const { events } = answer
    await assert.rejects(
      async () => {
        for await (const _ of events);
      },
      { code: 'upstream_failed' },
    )
    run.advance(60_000)
    await answer.fail?.(new AstraError('internal'))
    await counted()
    assert.equal(run.records.length, 0, 'its tokens are still counted')
    gate.resolve(3)
    await counted()
    const [record, ...more] = run.records
    assert.deepEqual([record?.code, record?.inputTokens, record?.outputTokens, more], ['upstream_failed', 3, 3, []])
    assert.ok((record?.latencyMs ?? 60_000) < 1000)
  })
})
