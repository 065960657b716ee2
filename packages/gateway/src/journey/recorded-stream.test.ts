import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import type { Answer, StreamEvent } from '../kernel/answer.ts'
import type { AttemptSignal } from '../kernel/attempt-signal.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { counted, journeyWith, type Script } from './testing/journey-bed.ts'

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

const limitMs = 1000

/** A stream of which the first of many chunks was read. */
async function begin(over: Script = {}) {
  let asked: AttemptSignal | undefined
  const bed = journeyWith({
    contractLimits: { inFlightMax: 1, timeoutMs: limitMs },
    stream: async function* (_replica, signal) {
      asked = signal
      for (;;) yield { type: 'chunk', chunk: { text: 'x' } }
    },
    ...over,
  })
  const events = await streamed(bed)
  assert.equal((await events.next()).done, false)
  return { bed, events, upstream: () => asked }
}

async function streamed({ journey }: ReturnType<typeof journeyWith>, text = 'a') {
  const answer: Answer = await journey.serve(testCall({ stream: true, inputs: [{ text }] }), testCaller())
  assert.ok(answer.kind === 'stream')
  const events: AsyncIterator<StreamEvent, unknown> = answer.events[Symbol.asyncIterator]()
  return events
}

const cache = { scope: 'public', ttlMs: 60_000, staleMs: 0, answerBytesMax: 1_000_000 } as const

for (const [what, over] of [
  ['', {}],
  [' that others may join', { cache }],
] as const satisfies readonly (readonly [string, Script])[]) {
  test(`a stream${what}, whose reader does not come back, ends at its time limit and gives its place up`, async () => {
    const { bed, events, upstream } = await begin(over)
    mock.timers.tick(limitMs - 1)
    await counted()
    assert.equal(bed.records.length, 0)
    await assert.rejects(streamed(bed, 'b'), { code: 'overloaded' })
    mock.timers.tick(1)
    await counted()
    assert.equal(upstream()?.aborted, true)
    const record = bed.records.at(-1)
    assert.deepEqual(
      [record?.code, record?.reason, record?.attempts.map(({ code }) => code)],
      ['timeout', 'its reader had not read on', ['timeout']],
    )
    // Its place is free.
    const next = await streamed(bed, 'c')
    await assert.rejects(events.next(), { code: 'timeout' }, 'who reads on too late is told why')
    await next.return?.()
    await counted()
    assert.equal(bed.records.length, 3, 'one Record each')
  })
}

test('who reads when the time is up is told at once', async () => {
  const { bed, events } = await begin({
    stream: async function* (_replica, signal) {
      yield { type: 'chunk', chunk: { text: 'x' } }
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const refused = assert.rejects(events.next(), { code: 'timeout' })
  await counted()
  mock.timers.tick(limitMs)
  await refused
  await counted()
  assert.deepEqual(
    bed.records.map(({ code }) => code),
    ['timeout'],
  )
})
