import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Call } from '../../../kernel/call.ts'
import type { CapturePolicy } from '../../../kernel/contract-policies.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { StoredPayload } from '../../../kernel/payload.ts'
import { testCall, testCaller } from '../../testing/fixtures.ts'
import { counted, echo, journeyWith, type Script } from '../../testing/journey-bed.ts'
import { Capture } from './capture.ts'
import { jsonWithSecrets, planted, textsIn } from './testing/planted.ts'

const day = 86_400_000
const redacting: CapturePolicy = { payload: 'redacted', share: 1, keepMs: 30 * day }

/** A journey that captures; its work waits until it is run. */
function bed(policy: CapturePolicy, script: Script = {}) {
  const written: StoredPayload[][] = []
  const faults: unknown[] = []
  const works: { work: () => void; ms: number }[] = []
  const state = { behind: false, failing: false, elapsed: 0, stepMs: 0, gate: Promise.resolve() }
  const capture = new Capture({
    clock: {
      now: () => 0,
      elapsed: () => {
        state.elapsed += state.stepMs
        return state.elapsed
      },
      id: () => '',
    },
    store: {
      async put(payloads) {
        await state.gate
        if (state.failing) throw new AstraError('store_unavailable')
        written.push([...payloads])
      },
    },
    behind: () => state.behind,
    later: (work, ms) => void works.push({ work, ms }),
    faulted: (thrown) => void faults.push(thrown),
  })
  const run = journeyWith({ ...script, observers: [capture], capture: policy })
  let calls = 0
  const serve = async (over: Partial<Call> = {}) => {
    const id = `01976f3a-0000-7000-8000-${String(++calls).padStart(12, '0')}`
    const answer = await run.journey.serve(testCall({ id, ...over }), testCaller())
    if (answer.kind === 'stream') for await (const _ of answer.events);
    await new Promise((resolve) => setImmediate(resolve))
    return id
  }
  /** The next turn of its own; how long it was to be waited for. */
  const turn = () => {
    const next = works.shift()
    next?.work()
    return next?.ms
  }
  const drops = () => capture.tally.drops().map(({ reason, calls }) => `${reason}: ${calls}`)
  return { ...run, capture, written, state, serve, turn, works, drops, thrown: faults }
}

describe('capture', () => {
  it('keeps what was asked and answered, redacted before it goes to the store', async () => {
    const policy = { ...redacting, redact: ['/output/text'] }
    const { serve, turn, capture, written, records } = bed(policy, { predict: echo })
    const id = await serve({ inputs: [{ text: 'I am alice@example.com' }] })
    turn()
    assert.deepEqual(written, [])
    await capture.flush()
    assert.deepEqual(written, [
      [
        {
          callId: id,
          time: records[0]?.time,
          model: 'spam',
          major: 1,
          version: '1.0',
          redacted: true,
          until: (records[0]?.time ?? 0) + 30 * day,
          inputs: '[{"text":"I am [e-mail]"}]',
          outputs: '[{"output":{"text":"[redacted]"}}]',
        },
      ],
    ])
    assert.deepEqual(capture.tally.kept(), [{ model: 'spam', major: 1, calls: 1 }])
  })

  it('gives the store none of the secrets that are planted in what is asked and answered', async () => {
    const { serve, turn, capture, written } = bed(redacting, { revision: { input: {}, output: {} }, predict: echo })
    let seen = 0
    await fc.assert(
      fc.asyncProperty(jsonWithSecrets, async (value) => {
        await serve({ inputs: [value] })
        turn()
        await capture.flush()
        const held = textsIn(value)
        const given = written.flat().at(-1) ?? assert.fail('nothing was kept')
        const texts = textsIn([JSON.parse(given.inputs), JSON.parse(given.outputs)])
        for (const secret of planted) {
          if (held.includes(secret)) seen++
          assert.ok(!texts.includes(secret) && !given.inputs.includes(secret), secret)
        }
      }),
    )
    assert.ok(seen > 20)
  })

  it('keeps everything as it is where the policy says full', async () => {
    const { serve, turn, capture, written } = bed({ ...redacting, payload: 'full' })
    await serve({ inputs: [{ text: 'I am alice@example.com' }] })
    turn()
    await capture.flush()
    assert.equal(written[0]?.[0]?.inputs, '[{"text":"I am alice@example.com"}]')
    assert.equal(written[0]?.[0]?.redacted, false)
  })

  it('keeps items that failed by their code alone', async () => {
    const { serve, turn, capture, written } = bed(redacting, {
      predict: async () => ({
        items: [
          { output: { text: 'a' } },
          { error: new AstraError('upstream_failed', { reason: 'alice@example.com' }) },
        ],
      }),
    })
    await serve({ inputs: [{ text: 'a' }, { text: 'b' }], batch: true })
    turn()
    await capture.flush()
    assert.equal(written[0]?.[0]?.outputs, '[{"output":{"text":"a"}},{"error":"upstream_failed"}]')
  })

  it('keeps of a stream what it said, and nothing of it where a pointer names a part', async () => {
    const stream: NonNullable<Script['stream']> = async function* () {
      for (const text of ['I am alice@', 'example.com']) yield { type: 'chunk', chunk: { text } }
    }
    const outputs = async (policy: CapturePolicy) => {
      const { serve, turn, capture, written } = bed(policy, { stream })
      await serve({ stream: true })
      turn()
      await capture.flush()
      return written[0]?.[0]?.outputs
    }
    assert.equal(await outputs(redacting), '[{"text":"I am [e-mail]"}]')
    assert.equal(await outputs({ ...redacting, redact: ['/output/text'] }), '[{"text":"[redacted]"}]')
    assert.equal(await outputs({ ...redacting, redact: ['/input/text'] }), '[{"text":"I am [e-mail]"}]')
  })

  it('takes a share of the calls, and the same ones each time', async () => {
    const kept = async (share: number) => {
      const { serve, capture, written, works } = bed({ ...redacting, share })
      for (let i = 0; i < 400; i++) await serve()
      while (works.length > 0) works.shift()?.work()
      await capture.flush()
      return written.flat().map(({ callId }) => callId)
    }
    const [tenth, half, again] = [await kept(0.1), await kept(0.5), await kept(0.1)]
    assert.ok(tenth.length > 15 && tenth.length < 80, `${tenth.length}`)
    assert.ok(half.length > 140 && half.length < 260, `${half.length}`)
    assert.deepEqual(again, tenth)
    for (const id of tenth) assert.ok(half.includes(id))
  })

  it('drops and counts what is too large, on either side', async () => {
    const big = 'x'.repeat(70_000)
    const asked = bed(redacting, {
      revision: { input: {}, output: {} },
      predict: async () => ({ items: [{ output: { text: 'a' } }] }),
    })
    await asked.serve({ inputs: [{ text: big }] })
    asked.turn()
    const answered = bed(redacting, { predict: async () => ({ items: [{ output: { text: big } }] }) })
    await answered.serve()
    answered.turn()
    for (const { capture, drops, written } of [asked, answered]) {
      await capture.flush()
      assert.deepEqual([drops(), written], [['too-large: 1'], []])
    }
  })

  it('drops and counts what comes while too much waits to be read', async () => {
    const { serve, drops, works } = bed(redacting)
    for (let i = 0; i < 1003; i++) await serve()
    assert.deepEqual(drops(), ['full: 3'])
    assert.equal(works.length, 1)
  })

  it('works for a moment at once, and rests four times as long', async () => {
    const { serve, turn, capture, written, state, works } = bed(redacting)
    for (let i = 0; i < 5; i++) await serve()
    // Each look at the clock takes a millisecond: two payloads a turn.
    state.stepMs = 1
    assert.equal(turn(), 0)
    const [next] = works
    assert.ok(next && next.ms > 8 && next.ms <= 16, `${next?.ms}`)
    await capture.flush()
    const first = written.flat().length
    assert.ok(first > 0 && first < 5)
    while (works.length > 0) turn()
    await capture.flush()
    assert.equal(written.flat().length, 5)
  })

  it('waits while Records do', async () => {
    const { serve, turn, capture, written, state } = bed(redacting)
    await serve()
    turn()
    state.behind = true
    await capture.flush()
    assert.deepEqual(written, [])
    state.behind = false
    await capture.flush()
    assert.equal(written.length, 1)
  })

  it('drops and counts what the store does not take, and goes on', async () => {
    const { serve, turn, capture, written, state, drops } = bed(redacting)
    await serve()
    turn()
    state.failing = true
    await capture.flush()
    state.failing = false
    const id = await serve()
    turn()
    await capture.flush()
    assert.deepEqual(drops(), ['store: 1'])
    assert.deepEqual(
      written.flat().map(({ callId }) => callId),
      [id],
    )
  })

  it('drops what the store is too far behind for', async () => {
    const text = 'x'.repeat(60_000)
    const { serve, capture, state, drops, works } = bed(redacting, {
      revision: { input: {}, output: {} },
      predict: async () => ({ items: [{ output: { text: 'a' } }] }),
    })
    state.behind = true
    for (let i = 0; i < 300; i++) {
      await serve({ inputs: [{ text }] })
      while (works.length > 0) works.shift()?.work()
      await capture.flush()
    }
    const [told = '', ...others] = drops()
    assert.deepEqual(others, [])
    const dropped = Number(/^store: (\d+)$/.exec(told)?.[1])
    // 16 MiB wait: 279 of them.
    assert.equal(dropped, 300 - 279)
  })

  it('lets go of what waits and of what is on its way, so that nothing comes back that was deleted', async () => {
    const { serve, turn, capture, written, state, records } = bed(redacting)
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    for (let i = 0; i < 501; i++) await serve()
    while (turn() !== undefined);
    const sending = capture.flush()
    await serve()
    // 500 are being written, one waits to be written, and one to be read.
    let gone: number | undefined
    const forgotten = capture.forget({ model: 'spam' }).then((count) => {
      gone = count
    })
    await counted()
    assert.deepEqual([written.length, gone], [0, undefined], 'what is being written is waited for')
    gate.resolve()
    await Promise.all([sending, forgotten])
    assert.equal(gone, 2)
    await capture.close()
    assert.deepEqual(
      written.map(({ length }) => length),
      [500],
    )
    const before = records.length
    const kept = await serve()
    const [later] = records.slice(before)
    assert.ok(later)
    for (const other of [{ model: 'digits' }, { model: 'spam', major: 2 }, { model: 'spam', to: later.time }]) {
      assert.equal(await capture.forget(other), 0)
    }
    await capture.close()
    assert.deepEqual(
      written.at(-1)?.map(({ callId }) => callId),
      [kept],
    )
  })

  it('that has a fault counts it and goes on, and the process with it', async () => {
    const broken = { toJSON: () => assert.fail('a fault') }
    const { serve, turn, capture, written, thrown } = bed(
      { ...redacting, payload: 'full' },
      { revision: { input: {}, output: {} }, predict: async () => ({ items: [{ output: 1 }] }) },
    )
    await serve({ inputs: [broken] })
    const id = await serve()
    turn()
    await capture.flush()
    assert.equal(thrown.length, 1)
    assert.deepEqual(
      written.flat().map(({ callId }) => callId),
      [id],
    )
  })

  it('reads and writes at its end what is left', async () => {
    const { serve, capture, written } = bed(redacting)
    for (let i = 0; i < 700; i++) await serve()
    await capture.close()
    assert.equal(written.flat().length, 700)
    assert.deepEqual(
      written.map(({ length }) => length),
      [500, 200],
    )
  })

  it('counts what has no form that can be read', async () => {
    const stream: NonNullable<Script['stream']> = async function* () {
      yield { type: 'chunk', chunk: { text: '' } }
    }
    const { serve, turn, drops } = bed(redacting, { stream })
    await serve({ stream: true })
    turn()
    assert.deepEqual(drops(), ['form: 1'])
  })
})
