import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { BackendEvent } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import { answer, hang, key, noAnswer, type Outcome, openBed } from './testing/dispatch-bed.ts'

const unreached = () => new AstraError('upstream_unavailable', { reason: 'refused' })
const busy = () => new AstraError('upstream_unavailable', { reason: 'full', retryAfterMs: 1000 })
const unanswered = () => new AstraError('upstream_failed', { reason: 'cut', unanswered: true })
const failed = () => new AstraError('upstream_failed', { reason: 'boom' })

/** A bed whose replicas throw these, in the order in which they are asked; past the last they answer. */
function throwing(replicas: readonly string[], errors: readonly AstraError[], repeatable = true) {
  let asked = 0
  return openBed({
    replicas,
    repeatable,
    predict: async () => {
      const error = errors[asked++]
      if (error) throw error
      return answer
    },
  })
}

describe('what the caller gets after several attempts', () => {
  const outcomeOf = async (errors: readonly AstraError[], repeatable: boolean) => {
    const { error, attempts } = await throwing(['a', 'b', 'c', 'd'], errors, repeatable).whole()
    return [error?.facts.reason, attempts.length]
  }
  const outcome = (...errors: readonly AstraError[]) => outcomeOf(errors, true)
  it('the answer of the replica that has one', async () => {
    assert.deepEqual(await outcome(unreached()), [undefined, 2])
    assert.deepEqual(await outcome(busy(), unreached()), [undefined, 3])
    assert.deepEqual(await outcome(unanswered()), [undefined, 2])
    assert.deepEqual(await outcome(failed()), [undefined, 2])
    assert.deepEqual(await outcome(unreached(), failed()), [undefined, 3])
    assert.deepEqual(await outcome(unreached(), unanswered()), [undefined, 3])
  })
  it('else the last error', async () => {
    assert.deepEqual(await outcome(busy(), unreached(), failed()), ['boom', 3])
    assert.deepEqual(await outcome(busy(), busy(), unreached()), ['refused', 3])
    assert.deepEqual(await outcome(unanswered(), failed()), ['boom', 2])
  })
  it('the failure at once where running twice costs more than work', async () => {
    assert.deepEqual(await outcomeOf([failed()], false), ['boom', 1])
    assert.deepEqual(await outcomeOf([unanswered()], false), ['cut', 1])
    assert.deepEqual(await outcomeOf([unreached(), failed()], false), ['boom', 2])
  })
  it('an input that no replica can answer asks two of them', async () => {
    assert.deepEqual(await outcome(failed(), failed(), failed()), ['boom', 2])
  })
  it('but never the promise that nothing ran where something may have', async () => {
    assert.deepEqual(await outcome(unanswered(), unreached()), ['cut', 2])
    assert.deepEqual(await outcome(unanswered(), busy()), ['cut', 2])
    assert.deepEqual(await outcome(failed(), unreached()), ['boom', 2])
  })
  it('a refusal at once when the time limit was reached meanwhile', async () => {
    const leave = new AbortController()
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async () => {
        leave.abort()
        throw unreached()
      },
    })
    const { error, attempts } = await bed.whole({ signal: leave.signal })
    assert.deepEqual([error?.code, attempts.length], ['cancelled', 1])
  })
})

describe('the retry budget', () => {
  it('is spent by a version that refuses all; then the first error stands, and the Record says why', async () => {
    const bed = openBed({
      replicas: ['a', 'b'],
      predict: async () => {
        throw busy()
      },
    })
    let attempts = 0
    let last: Outcome | undefined
    for (let i = 0; i < 101; i++) {
      last = await bed.whole()
      attempts += last.attempts.length
    }
    assert.equal(attempts, 101 + 10 + 20)
    assert.equal(last?.error?.facts.reason, 'full')
    assert.equal(last?.attempts[0]?.reason, 'full; not tried elsewhere: the retry budget is spent')
    bed.clock.advance(11_000)
    assert.equal((await bed.whole()).attempts.length, 2)
  })
})

describe('whatever replicas do', () => {
  const chunks = fc.nat(3)
  const behaviour = fc.oneof(
    fc.record({ kind: fc.constant('answer' as const), chunks }),
    fc.record({ kind: fc.constantFrom('unreached', 'busy', 'unanswered'), chunks: fc.constant(0) }),
    fc.record({ kind: fc.constantFrom('failed', 'unavailable'), chunks }),
    fc.record({ kind: fc.constantFrom('hang', 'down'), chunks }),
  )
  type Behaviour = typeof behaviour extends fc.Arbitrary<infer T> ? T : never
  const errors: Readonly<Record<string, () => AstraError>> = {
    unreached,
    busy,
    unanswered,
    failed,
    unavailable: unreached,
  }
  const names = ['a', 'b', 'c', 'd', 'e', 'f']

  it('no attempt begins after a chunk, each is in the Record, and the caller gets one answer or an error', async () => {
    const seen = new Map<string, number>()
    const plan = fc.record({
      replicas: fc.integer({ min: 1, max: 6 }),
      calls: fc.integer({ min: 1, max: 5 }),
      behaviours: fc.array(behaviour, { minLength: 1, maxLength: 20 }),
      stream: fc.boolean(),
      repeatable: fc.boolean(),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ replicas, calls, behaviours, stream, repeatable, seed }) => {
        let next = 0
        const asked: { call: string; replica: string; behaviour: Behaviour; chunksOut: number }[] = []
        const leaves = Array.from({ length: calls }, () => new AbortController())
        const chunksOut = leaves.map(() => 0)

        async function* stage(replica: string, signal: AttemptSignal, call: string): AsyncGenerator<BackendEvent> {
          const present = behaviours[next++ % behaviours.length] as Behaviour
          const { kind } = present
          asked.push({ call, replica, behaviour: present, chunksOut: chunksOut[Number(call)] ?? 0 })
          yield { type: 'usage', usage: { inputTokens: 1 } }
          for (let i = 0; i < present.chunks && stream; i++) {
            yield { type: 'chunk', chunk: { text: `${replica} ${asked.length} ${i}` } }
          }
          const error = errors[kind]
          if (error) throw error()
          if (kind === 'answer') return
          if (kind === 'down') bed.fleet.setHealth('fake', replica, noAnswer)
          setImmediate(() => signal.aborted || leaves[Number(call)]?.abort())
          await hang(signal)
        }
        const bed = openBed(
          {
            replicas: names.slice(0, replicas),
            repeatable,
            stream: stage,
            predict: async (...given) => {
              for await (const _ of stage(...given));
              return answer
            },
          },
          seed,
        )
        bed.members(...names.slice(0, replicas))
        const outcomes = await Promise.all(
          leaves.map(({ signal }, i) => {
            const call = { id: `${i}`, signal, stream }
            return stream
              ? bed.streamed(call, () => void chunksOut.splice(i, 1, (chunksOut[i] ?? 0) + 1))
              : bed.whole(call)
          }),
        )
        for (const [i, outcome] of outcomes.entries()) {
          const own = asked.filter(({ call }) => call === `${i}`)
          check(outcome, own, stream)
          const what = `${outcome.error?.code ?? 'answer'} after ${own.length}`
          seen.set(what, (seen.get(what) ?? 0) + 1)
        }
        for (const { inFlight, address } of bed.fleet.status(key)) assert.equal(inFlight, 0, address)
      }),
      { numRuns: 400 },
    )
    for (const what of [
      'answer after 1',
      'answer after 2',
      'answer after 3',
      'upstream_failed after 2',
      'cancelled after 2',
    ])
      assert.ok(seen.has(what), `${what} was seen, among ${[...seen.keys()].join(', ')}`)
  })

  function check(
    { attempts, error, events }: Outcome,
    asked: readonly { replica: string; behaviour: Behaviour; chunksOut: number }[],
    stream: boolean,
  ) {
    assert.ok(attempts.length >= 1 && attempts.length <= 3)
    assert.deepEqual(
      attempts.map(({ replica }) => replica),
      asked.map(({ replica }) => replica),
      'every attempt is in the Record',
    )
    assert.equal(new Set(attempts.map(({ replica }) => replica)).size, attempts.length, 'each at another replica')
    attempts.forEach(({ role, code, reason }, i) => {
      const last = i === attempts.length - 1
      assert.equal(role, i === 0 ? 'serve' : 'retry')
      assert.equal(code === undefined, last && !error)
      assert.equal(reason === undefined, code === undefined)
    })
    for (const { chunksOut } of asked) assert.equal(chunksOut, 0, 'no attempt begins after a chunk')
    const mayHaveRun = attempts.findIndex(({ code }) => code === 'upstream_failed')
    if (mayHaveRun >= 0) {
      assert.ok(attempts.length <= mayHaveRun + 2, 'at most one attempt after one that may have run')
      assert.notEqual(error?.code, 'upstream_unavailable', 'that would say that nothing ran')
    }
    if (!stream) return
    const final = asked.at(-1)
    const given = events.flatMap((event) =>
      event.type === 'chunk' ? [String(Reflect.get(Object(event.chunk), 'text'))] : [],
    )
    for (const text of given) assert.ok(text.startsWith(`${final?.replica} `), 'all chunks are of the last replica')
    assert.deepEqual(
      given.map((text) => text.split(' ')[2]),
      given.map((_, i) => `${i}`),
    )
    assert.equal(events.at(-1)?.type === 'answer-end', !error)
    if (!error) assert.equal(given.length, final?.behaviour.chunks, 'the answer is whole')
  }
})
