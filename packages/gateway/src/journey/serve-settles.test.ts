import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError, type ErrorCode } from '../kernel/errors.ts'
import { outputTokensDefault } from './charge/estimate.ts'
import { fakeCounters } from './charge/testing/fake-counters.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { counted, echo, journeyWith, type Predict, type Stream } from './testing/journey-bed.ts'

/** What becomes of one attempt. */
type End = 'ok' | 'misfit' | 'leave' | Extract<ErrorCode, 'upstream_failed' | 'upstream_unavailable' | 'invalid_input'>

interface Plan {
  readonly stream: boolean
  readonly ends: readonly End[]
  /** Events that the reader of a stream takes before it leaves. */
  readonly reads: number
  readonly asks: boolean
  readonly hedged: boolean
  readonly input: unknown
}

const plans = fc.record<Plan>({
  stream: fc.boolean(),
  ends: fc.array(
    fc.constantFrom<End>('ok', 'misfit', 'leave', 'upstream_failed', 'upstream_unavailable', 'invalid_input'),
    { minLength: 1, maxLength: 4 },
  ),
  reads: fc.integer({ min: 0, max: 6 }),
  asks: fc.boolean(),
  hedged: fc.boolean(),
  input: fc.oneof(
    { weight: 9, arbitrary: fc.constant({ text: 'hello' }) },
    { weight: 1, arbitrary: fc.constant({ text: 5 }) },
  ),
})

const usage = { inputTokens: 10, outputTokens: 5 }
const price = [{ from: '1970-01-01', input: 1_000_000, output: 1_000_000 }]

/** One call of that plan; the Record, and what its owner has used up afterwards. */
async function run({ stream, ends, reads, asks, hedged, input }: Plan) {
  const counters = fakeCounters({ asks })
  const left = new AbortController()
  let at = 0
  const next = (): End => {
    const end = ends[at++ % ends.length] ?? 'ok'
    if (end === 'leave') left.abort()
    else if (end !== 'ok' && end !== 'misfit') throw new AstraError(end)
    return end
  }
  const predict: Predict = async (...given) => {
    await counted()
    if (next() === 'misfit') return { items: [{ output: 5 }], usage }
    return { ...(await echo(...given)), usage }
  }
  const chunks: Stream = async function* () {
    yield { type: 'usage', usage: { inputTokens: 10 } }
    await counted()
    yield { type: 'chunk', chunk: { text: 'ab' } }
    yield { type: 'chunk', chunk: next() === 'misfit' ? 5 : { text: 'cd' } }
    yield { type: 'usage', usage }
  }
  const { journey, records } = journeyWith({
    predict,
    stream: chunks,
    replicas: ['a', 'b'],
    upstreamModels: { '1.0': 'vendor/large', '1.1': 'vendor/small' },
    prices: { 'vendor/large': price, 'vendor/small': price },
    counters: counters.counters,
    limits: {
      requests: { amount: 9, perMs: 1000, burst: 9 },
      tokens: { amount: 10_000, perMs: 1000, burst: 10_000 },
      concurrent: 1,
      budget: { day: 10_000 },
    },
    ...(hedged ? { hedge: { afterMs: 0, share: 1 } } : {}),
  })
  try {
    const answer = await journey.serve(testCall({ stream, inputs: [input], signal: left.signal }), testCaller())
    if (answer.kind === 'stream') {
      let read = 0
      for await (const _ of answer.events) if (++read > reads) break
    }
  } catch {
    // Its Record has the error.
  }
  for (let turns = 0; records.length === 0 && turns < 100; turns++) await counted()
  return { records, used: counters.used() }
}

test('whatever becomes of a call, its place is free afterwards, and it has paid for what it used and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const { records, used } = await run(plan)
      assert.equal(records.length, 1)
      const [record] = records
      const cost = record?.costUsd ?? 0
      // Of a whole answer that was left unheard, what it may have had stays used up beside what is known.
      const { tokens = 0 } = named(used)
      const unheard = (tokens - cost) / outputTokensDefault
      const mayBe = plan.stream ? 0 : (record?.attempts.filter(({ code }) => code === 'cancelled').length ?? 0)
      assert.ok(Number.isInteger(unheard) && unheard >= 0 && unheard <= mayBe, `${unheard} of ${mayBe}`)
      const refused = record?.outcome === 'refused' && record.attempts.length === 0
      assert.deepEqual(
        { concurrent: 0, requests: refused ? 0 : 1, tokens: 0, day: 0, ...named(used) },
        // Each token costs one dollar.
        { concurrent: 0, requests: refused ? 0 : 1, tokens, day: tokens },
      )
    }),
    { numRuns: 300 },
  )
})

function named(used: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(used).map(([key, amount]) => [/\/(budget-)?([a-z]+)/.exec(key)?.[2] ?? key, amount]),
  )
}
