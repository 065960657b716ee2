import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { WholeAnswer } from '../kernel/answer.ts'
import type { Backend, BackendEvent, Prediction } from '../kernel/backend.ts'
import type { Call } from '../kernel/call.ts'
import { AstraError, type ErrorCode, toAstraError } from '../kernel/errors.ts'
import type { CallRecord } from '../kernel/record.ts'
import { createCharge } from './charge/in-flight.ts'
import { createFleet } from './dispatch/replicas/fleet.ts'
import { createJourney } from './serve.ts'
import { testCall, testCaller, testCatalog } from './testing/fixtures.ts'

type Predict = (replica: string, signal: AbortSignal, inputs: readonly unknown[]) => Promise<Prediction>
type Stream = (replica: string, signal: AbortSignal) => AsyncIterable<BackendEvent>

const echo: Predict = async (_replica, _signal, inputs) => ({ items: inputs.map((output) => ({ output })) })

/** A journey over one scripted backend, with all the Records that it kept. */
function journeyWith(
  script: { predict?: Predict; stream?: Stream; replicas?: readonly string[]; streams?: boolean } = {},
) {
  const records: CallRecord[] = []
  let now = 0
  const clock = { now: () => now, elapsed: () => now++, id: () => 'unused' }
  const { predict = echo, stream } = script
  const backend: Backend = {
    name: 'fake',
    settings: {},
    remote: true,
    repeatable: true,
    withDefaults: (settings) => settings,
    inspect: async () => ({ digest: undefined }),
    predict: (_version, replica, inputs, { signal }) => predict(replica, signal, inputs),
    stream: (_version, replica, _input, { signal }) => (stream ? stream(replica, signal) : nothing()),
    close: async () => undefined,
  }
  const catalog = testCatalog(
    { '1.0': 1 },
    { versions: { '1.0': { replicas: script.replicas ?? ['a'] } }, contract: { streams: script.streams ?? true } },
  )
  const journey = createJourney({
    clock,
    catalog: () => catalog,
    backends: new Map([['fake', backend]]),
    fleet: createFleet({ clock, random: Math.random }),
    charge: createCharge(),
    begin: () => undefined,
    record: { elapsed: clock.elapsed, hashUnit: (unit) => `#${unit}`, keep: (record) => records.push(record) },
  })
  return { journey, records }
}

async function* nothing(): AsyncGenerator<BackendEvent> {}

async function outcome(
  { journey, records }: ReturnType<typeof journeyWith>,
  over: Partial<Call> = {},
  caller = testCaller(),
): Promise<{ code: ErrorCode | undefined; record: CallRecord; chunks: unknown[] }> {
  const chunks: unknown[] = []
  let code: ErrorCode | undefined
  try {
    const answer = await journey.serve(testCall(over), caller)
    if (answer.kind === 'stream') for await (const event of answer.events) chunks.push(event)
  } catch (thrown) {
    code = toAstraError(thrown).code
  }
  assert.equal(records.length, 1, 'exactly one Record')
  return { code, record: records[0] as CallRecord, chunks }
}

const unavailable = () => new AstraError('upstream_unavailable', { reason: 'refused' })
const hang: Predict = (_replica, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

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
    assert.equal(record.outcome, 'failed')
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

  it('never after something may have run', async () => {
    const predict: Predict = async () => {
      throw new AstraError('upstream_failed')
    }
    const { record } = await outcome(journeyWith({ predict, replicas: ['a', 'b'] }))
    assert.equal(record.attempts.length, 1)
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
          assert.equal(asked.length, after === 0 && fault === 'upstream_unavailable' ? 2 : 1)
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
