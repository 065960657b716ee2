import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { MissReason, Observable, Observation } from '../../kernel/observation.ts'
import { testCall, testCaller } from '../testing/fixtures.ts'
import { echo, journeyWith, type Predict, type Script, type Stream } from '../testing/journey-bed.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
let calls = 0
const nextId = () => `01976f3a-0000-7000-8000-${String(++calls).padStart(12, '0')}`

/** What an observer was told. */
function watching(over: { concerns?: (call: Observable) => boolean; observed?: () => void } = {}) {
  const seen: Observation[] = []
  const missed: MissReason[] = []
  const observer = {
    concerns: over.concerns ?? (() => true),
    observed(one: Observation) {
      over.observed?.()
      seen.push(one)
    },
    missed: (_: Observable, why: MissReason) => void missed.push(why),
  }
  return { seen, missed, observer }
}

function bed(script: Script = {}, ...others: ReturnType<typeof watching>[]) {
  const watch = watching()
  const run = journeyWith({ ...script, observers: [...others, watch].map(({ observer }) => observer) })
  const serve = (call: Partial<Call> = {}, caller: Caller = testCaller()) =>
    run.journey.serve(testCall({ id: nextId(), ...call }), caller)
  return { ...run, ...watch, serve }
}

const hello: Stream = async function* () {
  for (const text of ['he', 'llo']) yield { type: 'chunk', chunk: { text } }
}
const failing: Predict = async () => Promise.reject(new AstraError('upstream_failed'))

describe('an observer', () => {
  it('is told what was asked and answered, with its Record, in a turn after the answer', async () => {
    const { serve, seen, records } = bed()
    const answer = await serve()
    assert.equal(seen.length, 0)
    await turn()
    const [one, ...more] = seen
    assert.ok(one && more.length === 0)
    assert.deepEqual([one.call.id, one.version.id, one.caller.consumer], [answer.callId, '1.0', 'demo'])
    assert.deepEqual(one.said, { form: 'items', items: [{ output: { text: 'hello' } }] })
    assert.equal(one.record, records[0])
  })

  it('is told all that a stream said, once it ended well', async () => {
    const { serve, seen } = bed({ stream: hello })
    const answer = await serve({ stream: true })
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) assert.equal(seen.length, 0)
    await turn()
    assert.deepEqual(
      seen.map(({ said }) => said),
      [{ form: 'text', text: 'hello' }],
    )
  })

  it('is not told of what failed, what its reader left, and what a cache answered', async () => {
    const failed = bed({ predict: failing })
    await assert.rejects(failed.serve())
    const left = bed({ stream: hello })
    const answer = await left.serve({ stream: true })
    assert.ok(answer.kind === 'stream')
    for await (const _ of answer.events) break
    const cached = bed({ cache: { ttlMs: 60_000, staleMs: 0, scope: 'consumer', answerBytesMax: 1000 } })
    await cached.serve()
    await turn()
    assert.equal((await cached.serve()).cached, true)
    await turn()
    assert.deepEqual([failed.seen.length, left.seen.length, cached.seen.length], [0, 0, 1])
  })

  it('is not told of what the gateway asks on its own account', async () => {
    const { serve, own, seen, missed } = bed()
    await serve({ role: 'judge' })
    await serve({}, { ...testCaller(), consumer: 'astra-cache' })
    const signal = new AbortController().signal
    await own.ask({
      role: 'eval',
      model: 'spam',
      major: 1,
      input: { text: 'a' },
      timeoutMs: 100,
      reference: 'r',
      signal,
    })
    await turn()
    assert.deepEqual([seen, missed], [[], []])
  })

  it('is told only of calls that concern it, each followed once for all', async () => {
    const other = watching({ concerns: ({ call }) => call.options.reference === 'mine' })
    const { serve, seen } = bed({}, other)
    await serve({ options: { reference: 'mine' } })
    await serve()
    await turn()
    assert.equal(seen.length, 2)
    assert.deepEqual(other.seen, [seen[0]])
    assert.equal(other.seen[0]?.said, seen[0]?.said)
  })

  it('that throws harms neither the caller nor another observer', async () => {
    const throwing = () => {
      throw new Error('a fault')
    }
    const { serve, seen, faults } = bed({}, watching({ concerns: throwing }), watching({ observed: throwing }))
    assert.equal((await serve()).cached, false)
    await turn()
    assert.deepEqual([seen.length, faults.length], [1, 2])
  })
})

describe('what is followed is bounded', () => {
  it('and calls beyond it are answered, and missed', async () => {
    const gate = Promise.withResolvers<void>()
    const predict: Predict = async (...asked) => {
      await gate.promise
      return echo(...asked)
    }
    const { serve, seen, missed } = bed({ predict, contractLimits: { inFlightMax: 5000 } })
    const all = Array.from({ length: 4100 }, () => serve())
    gate.resolve()
    assert.equal((await Promise.all(all)).length, 4100)
    await turn()
    assert.deepEqual([seen.length, missed], [4096, ['full', 'full', 'full', 'full']])
    await serve()
    await turn()
    assert.equal(seen.length, 4097, 'and there is room again')
  })

  it('and so are streams', async () => {
    const { serve, seen, missed } = bed({ stream: hello, contractLimits: { inFlightMax: 5000 } })
    const answers = await Promise.all(Array.from({ length: 130 }, () => serve({ stream: true })))
    for (const answer of answers) if (answer.kind === 'stream') for await (const _ of answer.events);
    await turn()
    assert.deepEqual([seen.length, missed], [128, ['full', 'full']])
    const after = await serve({ stream: true })
    if (after.kind === 'stream') for await (const _ of after.events);
    await turn()
    assert.equal(seen.length, 129, 'and there is room again')
  })
})
