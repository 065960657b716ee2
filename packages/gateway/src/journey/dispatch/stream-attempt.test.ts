import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import fc from 'fast-check'
import type { StreamEvent } from '../../kernel/answer.ts'
import type { AttemptSignal } from '../../kernel/attempt-signal.ts'
import type { BackendEvent, RelayEvent } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { WireRequest } from '../../kernel/wire.ts'
import { hang, openBed, type Script } from './testing/dispatch-bed.ts'
import { passTime } from './testing/pass-time.ts'

const wire: WireRequest = {
  dialect: 'openai-chat',
  bytes: Buffer.from('{}'),
  body: { model: 'gpt', messages: [{ role: 'user', content: 'hello' }] },
  items: 1,
  canonical: () => [{ text: 'hello' }],
}
const call = { inputs: [], wire }
const relaying = { '1.0': { replicas: ['a'], settings: { relays: true } } }
const piece = (text: string, content = true): RelayEvent => ({
  type: 'relayed',
  bytes: Buffer.from(text),
  content,
  text: content ? text : '',
})
const chunk = (text: string): BackendEvent => ({ type: 'chunk', chunk: { text } })
const failed = () => new AstraError('upstream_failed', { reason: 'cut' })
const bytes = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'relayed' ? [event.bytes.toString()] : []))

/** A bed whose 1.0 relays a stream; 1.1, its fallback, answers "x" by its inputs. */
function relayBed(
  stream: (replica: string, signal: AttemptSignal) => AsyncIterable<RelayEvent>,
  over: Partial<Script> = {},
) {
  return openBed({
    versions: { ...relaying, '1.1': { replicas: ['b'] } },
    contract: { fallback: ['1.1'] },
    relay: {
      predict: async () => ({ bytes: Buffer.from('whole'), text: 'words' }),
      stream: (_version, replica, _request, { signal }) => stream(replica, signal),
    },
    stream: async function* () {
      yield chunk('x')
    },
    ...over,
  })
}

describe('a relayed stream', () => {
  it('goes out as it comes, its preamble in front of the first content', async () => {
    const bed = relayBed(async function* () {
      for (const text of ['<', 'a']) yield piece(text, false)
      for (const text of ['b', 'c']) yield piece(text)
      yield { type: 'usage', usage: { inputTokens: 5, outputTokens: 2 } }
      yield piece('>')
    })
    const { events } = await bed.streamed(call)
    assert.deepEqual(bytes(events), ['<ab', 'c', '>'])
    assert.deepEqual(events.at(-1), { type: 'answer-end', usage: { items: 1, inputTokens: 5, outputTokens: 2 } })
  })

  it('that fails in its preamble is answered by the next version, of which alone the caller hears', async () => {
    const bed = relayBed(async function* () {
      yield piece('<', false)
      throw failed()
    })
    const { events, version, attempts } = await bed.streamed(call)
    assert.deepEqual(events, [
      { type: 'chunk', chunk: { text: 'x' } },
      { type: 'answer-end', usage: { items: 1 } },
    ])
    assert.equal(version, '1.1')
    assert.deepEqual(
      attempts.map(({ role, code }) => [role, code]),
      [
        ['serve', 'upstream_failed'],
        ['fallback', undefined],
      ],
    )
  })

  it('that fails after content ends in its error', async () => {
    const bed = relayBed(async function* () {
      yield piece('a')
      throw failed()
    })
    const { events, error, attempts } = await bed.streamed(call)
    assert.deepEqual([bytes(events), error?.code, attempts.length], [['a'], 'upstream_failed', 1])
  })

  it('that has a preamble only is an answer', async () => {
    const bed = relayBed(async function* () {
      yield piece('<', false)
      yield piece('>', false)
    })
    const { events } = await bed.streamed(call)
    assert.deepEqual(bytes(events), ['<>'])
    assert.equal(events.at(-1)?.type, 'answer-end')
  })

  for (const [what, count, size] of [
    ['64 events', 64, 10],
    ['64 KiB', 4, 16 * 1024],
  ] as const) {
    it(`holds back ${what} and no more`, async () => {
      let sent = 0
      let sentAtFirst: number | undefined
      const bed = relayBed(async function* () {
        for (; sent < 100; sent++) yield piece('x'.repeat(size), false)
      })
      await bed.streamed(call, () => {
        sentAtFirst ??= sent
      })
      assert.equal(sentAtFirst, count)
    })
  }

  it('gives every byte in order, wherever its content begins', async () => {
    const pieces = fc.array(fc.record({ text: fc.string(), content: fc.boolean() }), { maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        const bed = relayBed(async function* () {
          for (const { text, content } of given) yield piece(text, content)
        })
        const { events } = await bed.streamed(call)
        assert.equal(bytes(events).join(''), given.map(({ text }) => Buffer.from(text).toString()).join(''))
        assert.equal(events.at(-1)?.type, 'answer-end')
      }),
      { numRuns: 100 },
    )
  })

  it("as a whole answer is upstream's own bytes", async () => {
    const { whole } = await relayBed(async function* () {}).whole(call)
    assert.deepEqual([whole?.items, whole?.relayed?.toString()], [[], 'whole'])
  })
})

describe('a stream that is left when its answer is whole', () => {
  const leave = () => {
    throw new AstraError('cancelled')
  }
  const leftAfterTwo = (tail: (signal: AttemptSignal) => AsyncIterable<RelayEvent>, script: Partial<Script> = {}) => {
    const bed = relayBed(async function* (_replica, signal) {
      yield piece('a')
      yield { type: 'finished' }
      yield { type: 'relayed', bytes: Buffer.from('b'), content: true, text: '' }
      yield* tail(signal)
    }, script)
    let read = 0
    return { bed, outcome: bed.streamed(call, () => (++read === 2 ? leave() : undefined)) }
  }

  it('is heard to its end, so that its usage is what upstream tells', async () => {
    const { bed, outcome } = leftAfterTwo(async function* () {
      yield { type: 'usage', usage: { inputTokens: 5, outputTokens: 2, reasoningTokens: 1 } }
    })
    const { attempts, spent } = await outcome
    assert.deepEqual(
      attempts.map(({ code }) => code),
      [undefined],
    )
    assert.deepEqual(spent, { items: 1, inputTokens: 5, outputTokens: 2, reasoningTokens: 1 })
    assert.equal(bed.status('a').inFlight, 0)
  })

  it('is stopped at once where it says more after all', async () => {
    const { outcome } = leftAfterTwo(async function* (signal) {
      yield piece('another choice')
      yield piece('goes on')
      assert.fail(`read on, ${signal.aborted ? 'though stopped' : 'and not stopped'}`)
    })
    const { attempts } = await outcome
    assert.deepEqual(
      attempts.map(({ code }) => code),
      ['cancelled'],
    )
  })

  it('is not waited for beyond a second', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const { bed, outcome } = leftAfterTwo(hanging)
      await passTime(bed.clock, 950)
      assert.equal(bed.status('a').inFlight, 1)
      await passTime(bed.clock, 50)
      const { attempts } = await outcome
      assert.deepEqual(
        attempts.map(({ code }) => code),
        ['cancelled'],
      )
    } finally {
      mock.timers.reset()
    }
  })
})

async function* hanging(signal: AttemptSignal): AsyncGenerator<RelayEvent> {
  yield await hang(signal)
}

describe('the clocks of a stream', () => {
  const limits = {
    bodyBytesMax: 1000,
    itemsMax: 1,
    timeoutMs: 10_000,
    firstByteMs: 1000,
    idleMs: 500,
    inFlightMax: 10,
  }
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  const run = (silentAfter: readonly RelayEvent[]) => {
    const bed = relayBed(
      async function* (_replica, signal) {
        yield* silentAfter
        await hang(signal)
      },
      { contract: { limits, fallback: ['1.1'] } },
    )
    return { bed, outcome: bed.streamed(call) }
  }

  it('fall back when nothing comes in time', async () => {
    const { bed, outcome } = run([])
    await passTime(bed.clock, 1000)
    const { version, attempts } = await outcome
    assert.equal(version, '1.1')
    assert.deepEqual([attempts[0]?.code, attempts[0]?.durationMs], ['upstream_stalled', 1000])
    assert.equal(bed.status('a').failures, 1, "a stall is its replica's fault")
  })

  it('fall back when the preamble is not followed by an answer in time', async () => {
    const { bed, outcome } = run([piece('<', false)])
    await passTime(bed.clock, 500)
    const { version, attempts } = await outcome
    assert.deepEqual([version, attempts[0]?.durationMs], ['1.1', 500])
  })

  it('are not escaped by an upstream that ends quietly when it is told to stop', async () => {
    const bed = relayBed(
      async function* (_replica, signal) {
        yield piece('a')
        await hang(signal).catch(() => undefined)
      },
      { contract: { limits } },
    )
    const outcome = bed.streamed(call)
    await passTime(bed.clock, 500)
    assert.equal((await outcome).error?.code, 'upstream_stalled')
  })

  it('end a stream that stops in its midst in an error', async () => {
    const { bed, outcome } = run([piece('a')])
    await passTime(bed.clock, 500)
    const { events, error, attempts } = await outcome
    assert.deepEqual([bytes(events), error?.code, attempts.length], [['a'], 'upstream_stalled', 1])
    assert.equal(error?.message, 'The model sent nothing for 0.5 s')
  })

  it('begin anew with whatever upstream sends, though it be nothing of the answer', async () => {
    const bed = relayBed(
      async function* (_replica, signal) {
        for (let i = 0; i < 5; i++) {
          await new Promise((resolve) => setTimeout(resolve, 400))
          yield { type: 'still-there' }
        }
        yield piece('a')
        await hang(signal)
      },
      { contract: { limits } },
    )
    const outcome = bed.streamed(call)
    await passTime(bed.clock, 2000)
    await passTime(bed.clock, 500)
    const { events, error } = await outcome
    assert.deepEqual([bytes(events), error?.code], [['a'], 'upstream_stalled'])
  })

  it('stand still while the reader is slow, and the total one runs on', async () => {
    const bed = relayBed(
      async function* (_replica, signal) {
        yield piece('a')
        yield piece('b')
        await hang(signal)
      },
      { contract: { limits } },
    )
    const gate = Promise.withResolvers<void>()
    let read = 0
    const outcome = bed.streamed(call, () => (++read === 2 ? gate.promise : undefined))
    await passTime(bed.clock, 5000)
    gate.resolve()
    await passTime(bed.clock, 450)
    assert.equal(read, 2)
    await passTime(bed.clock, 50)
    assert.equal((await outcome).error?.code, 'upstream_stalled')

    const slow = bed.streamed(call, () => new Promise(() => undefined))
    await passTime(bed.clock, 10_000)
    assert.equal(bed.status('a').inFlight, 1, 'its reader holds it')
    void slow
  })

  it('cut a drip that never ends at the total limit, without a fallback', async () => {
    const bed = relayBed(
      async function* (_replica, signal) {
        while (!signal.aborted) {
          yield piece('a')
          await new Promise((resolve) => setTimeout(resolve, 400))
        }
        throw signal.reason
      },
      { contract: { limits, fallback: ['1.1'] } },
    )
    const outcome = bed.streamed(call)
    await passTime(bed.clock, 10_400)
    const { error, attempts, events } = await outcome
    assert.deepEqual([error?.code, attempts.length], ['timeout', 1])
    assert.ok(events.length >= 24)
  })
})

describe('what a stream used up', () => {
  const upstreamModel = () => 'vendor/model'
  const chat = { task: 'chat', fallback: [] } as const

  it('is what upstream told last', async () => {
    const bed = relayBed(
      async function* () {
        yield { type: 'usage', usage: { inputTokens: 9, outputTokens: 1 } }
        yield piece('hello')
        yield { type: 'usage', usage: { inputTokens: 9, outputTokens: 2 } }
      },
      { upstreamModel, contract: chat },
    )
    const { events } = await bed.streamed(call)
    assert.deepEqual(events.at(-1), { type: 'answer-end', usage: { items: 1, inputTokens: 9, outputTokens: 2 } })
  })

  it('is counted where upstream is silent, and marked', async () => {
    const bed = relayBed(
      async function* () {
        yield piece('hello')
        yield piece('!')
      },
      { upstreamModel, contract: chat },
    )
    const { events } = await bed.streamed(call)
    const usage = { items: 1, inputTokens: 5, outputTokens: 6, estimated: true }
    assert.deepEqual(events.at(-1), { type: 'answer-end', usage })
  })

  it('is not counted for a model that is no language model, or another task', async () => {
    for (const over of [{ contract: chat }, { upstreamModel, contract: { task: 'custom' as const } }]) {
      const bed = relayBed(async function* () {
        yield piece('hello')
      }, over)
      assert.deepEqual((await bed.streamed(call)).events.at(-1), { type: 'answer-end', usage: { items: 1 } })
    }
  })

  it('is counted from what came when it was cut, where upstream told less', async () => {
    const bed = relayBed(
      async function* () {
        yield { type: 'usage', usage: { inputTokens: 9, outputTokens: 1 } }
        yield piece('hello')
        throw failed()
      },
      { upstreamModel, contract: chat },
    )
    const { spent } = await bed.streamed(call)
    assert.deepEqual(spent, { items: 1, inputTokens: 9, outputTokens: 5, estimated: true })
  })

  it('is unknown where nothing came', async () => {
    const bed = relayBed(
      // biome-ignore lint/correctness/useYield: it breaks off before anything comes
      async function* () {
        throw failed()
      },
      { upstreamModel, contract: chat },
    )
    assert.equal((await bed.streamed(call)).spent, undefined)
  })
})
