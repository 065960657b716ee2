import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { buildCatalog } from '../../../control/catalog/build-catalog.ts'
import { applied } from '../../../control/plan/testing/planning.ts'
import type { Item } from '../../../kernel/answer.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import { AstraError, type ErrorCode, type ErrorFacts } from '../../../kernel/errors.ts'
import type { JudgeSum } from '../../../kernel/judge.ts'
import type { Observation, Said } from '../../../kernel/observation.ts'
import type { OwnAnswer, OwnCall } from '../../../kernel/own-call.ts'
import type { CallRecord, Feedback } from '../../../kernel/record.ts'
import { testCall, testCaller } from '../../testing/fixtures.ts'
import { Judging } from './judging.ts'

const text = '{type: string}'
const manifest = (takes = `{input: ${text}, output: ${text}}`, share = 1, task = 'task: classification') => `
models:
  spam:
    owner: me
    contracts:
      v1:
        ${task}
        metrics:
          helpful: {type: number, min: 1, max: 5, source: judge}
          kind: {type: boolean, source: judge}
        judges:
          helpful: {model: judge, version: "1.0", share: ${share}}
        versions: {"1.0": {backend: echo}, "1.1": {backend: echo}}
  judge:
    owner: me
    contracts:
      v1:
        input: {type: object, properties: ${takes}, required: [input, output]}
        output: {type: object, properties: {score: {type: number}, reason: ${text}, sure: {type: boolean}}}
        limits: {timeout: 5s}
        versions: {"1.0": {backend: echo}}
`
const record: CallRecord = {
  ...{ id: 'judgement', time: 0, door: 'native', consumer: 'astra-judge', keyId: 'internal', model: 'judge', major: 1 },
  ...{ versionAssigned: '1.0', versionServed: '1.0', assignReason: 'pin', propensity: 1, unitHash: undefined },
  ...{ session: undefined, reference: undefined, tags: undefined, catalogRevision: 1, outcome: 'ok', code: undefined },
  ...{ reason: undefined, latencyMs: 8, firstChunkMs: undefined, queueMs: 0, upstreamMs: 0, streamed: false, items: 1 },
  ...{ itemsFailed: 0, inputTokens: undefined, cachedInputTokens: undefined, cacheWriteInputTokens: undefined },
  ...{ outputTokens: undefined, reasoningTokens: undefined, usageEstimated: false, upstreamModel: undefined },
  ...{ costUsd: 0.25, unpriced: false, attempts: [], traceId: '' },
}

const says = (output: unknown): OwnAnswer => ({ item: { output }, record })
const refuses = (code: ErrorCode, facts?: ErrorFacts): OwnAnswer => ({
  item: { error: new AstraError(code, facts) },
  record: { ...record, outcome: 'refused', code },
})
const four = says({ score: 4, reason: 'It answers.' })

interface Script {
  readonly yaml?: string
  readonly answer?: (call: OwnCall, n: number) => OwnAnswer | Promise<OwnAnswer>
  readonly feedback?: () => Promise<void>
}

let ids = 0
const nextId = () => `01976f3a-0000-7000-8000-${String(++ids).padStart(12, '0')}`

async function bed({ yaml = manifest(), answer = () => four, feedback: write = async () => {} }: Script = {}) {
  const stored = await applied(yaml)
  let now = 1000
  const clock = { now: () => now, elapsed: () => now, id: nextId }
  const catalog = buildCatalog(stored, clock)
  const contract = catalog.model('spam')?.contracts.get(1)
  assert.ok(contract)
  const asked: OwnCall[] = []
  const feedback: Feedback[] = []
  const sums: JudgeSum[] = []
  const timers: { readonly at: number; readonly work: () => void }[] = []
  const judging = new Judging({
    clock,
    catalog: () => catalog,
    ask: async (call) => answer(call, asked.push(call)),
    feedback: async (one) => {
      await write()
      feedback.push(one)
    },
    store: { add: async (more) => void sums.push(...more), sums: async () => sums },
    // As a timer of Node may: up to a millisecond early, as other clocks have it, and never at once.
    later: (work, ms) => void timers.push({ at: now + Math.max(1, ms) - 0.5, work }),
  })
  return {
    ...{ judging, contract, asked, feedback, timers },
    /** As it happens to a call: asked for, if it concerns the judge, and then told. */
    tell(over: Partial<Call> = {}, said?: Said, version = '1.0'): void {
      const seen = observation(contract, testCall({ id: nextId(), ...over }), version, said)
      if (judging.concerns(seen)) judging.observed(seen)
    },
    async advance(ms: number): Promise<void> {
      const until = now + ms
      for (;;) {
        const next = timers.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= until)
        if (!next) break
        timers.splice(timers.indexOf(next), 1)
        now = next.at
        next.work()
        await turns()
      }
      now = until
    },
    /** Day and subject aside. */
    async sums(): Promise<Readonly<Record<string, number>>> {
      await judging.flush()
      const told: Record<string, number> = {}
      for (const { name, value } of sums) told[name] = (told[name] ?? 0) + value
      return told
    },
    all: sums,
  }
}

function observation(contract: Contract, call: Call, id: string, said: Said = saying({ label: 'ham', score: 0.9 })) {
  const version = contract.versions.get(id)
  assert.ok(version)
  const served = { ...record, id: call.id, consumer: 'demo', model: 'spam', versionAssigned: id, versionServed: id }
  return { call, caller: testCaller(), contract, version, way: 'inputs', said, record: served } satisfies Observation
}

function saying(...outputs: readonly unknown[]): Said {
  return {
    form: 'items',
    items: outputs.map((output): Item => (output instanceof AstraError ? { error: output } : { output })),
  }
}

const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('an answer of the share', () => {
  it('is judged by a call of astra-judge, whose word is feedback on it', async () => {
    const { tell, asked, feedback, sums, all } = await bed()
    tell({ id: 'call-7' })
    await turns()
    const [{ signal: _, ...call } = assert.fail('not asked'), ...more] = asked
    assert.deepEqual(more, [])
    assert.deepEqual(call, {
      ...{ role: 'judge', model: 'judge', major: 1, version: '1.0', timeoutMs: 5000, reference: 'call-7' },
      input: { input: '{"text":"hello"}', output: '{"label":"ham","score":0.9}' },
    })
    assert.deepEqual(feedback, [
      {
        ...{ callId: 'call-7', metric: 'helpful', value: 4, source: 'judge', consumer: 'astra-judge', time: 1000 },
        comment: 'It answers.',
      },
    ])
    const told = { asked: 1, judged: 1, value: 4, 'value-squares': 16, 'latency-ms': 8, 'cost-usd': 0.25 }
    assert.deepEqual(await sums(), told)
    const { model, major, metric, version, judge, day } = all[0] ?? assert.fail()
    assert.deepEqual([model, major, metric, version, judge, day], ['spam', 1, 'helpful', '1.0', 'judge@v1/1.0', 0])
  })

  it('is chosen by its id: the same ones again, as often of each version, and those of a smaller share in a larger one', async () => {
    const calls = Array.from({ length: 4000 }, (_, n) => testCall({ id: `call-${n}` }))
    const chosen = async (share: number, version: string) => {
      const { judging, contract } = await bed({ yaml: manifest(undefined, share) })
      return calls.filter((call) => judging.concerns(observation(contract, call, version))).map(({ id }) => id)
    }
    const few = await chosen(0.05, '1.0')
    assert.deepEqual(await chosen(0.05, '1.1'), few)
    assert.ok(Math.abs(few.length - 200) < 60, `${few.length} of 4000`)
    const many = new Set(await chosen(0.5, '1.0'))
    assert.deepEqual(
      few.filter((id) => !many.has(id)),
      [],
    )
  })

  it('is none where the call pins a version, or nobody judges the contract', async () => {
    const { tell, asked, judging, contract } = await bed()
    tell({ options: { version: '1.1' } })
    const { judges: _, ...unjudged } = contract
    assert.equal(judging.concerns(observation(unjudged as Contract, testCall(), '1.0')), false)
    await turns()
    assert.deepEqual(asked, [])
  })
})

describe('a judge is blind', () => {
  it('it is told the same of two versions that answer alike, byte by byte, whoever asked and however the keys stand', async () => {
    const { judging, contract, asked } = await bed()
    const input = fc.record({ text: fc.string() })
    const options = fc.record({ unit: fc.string(), session: fc.string(), reference: fc.string() }, { requiredKeys: [] })
    const output = fc.record({
      label: fc.constantFrom('spam', 'ham'),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(input, output, options, fc.uuid(), async (input, { label, score }, options, id) => {
        asked.length = 0
        const one = testCall({ id: nextId(), inputs: [input] })
        const other = testCall({ id, inputs: [input], options, receivedAt: 5, door: 'openai' })
        judging.observed(observation(contract, one, '1.0', saying({ label, score })))
        judging.observed(observation(contract, other, '1.1', saying({ score, label })))
        await turns(3)
        const [a, b] = asked.map(({ input }) => Buffer.from(JSON.stringify(input)))
        assert.ok(a && b && a.equals(b), `${a} ${b}`)
      }),
      { numRuns: 50 },
    )
  })

  it('a chat that was streamed is the same to it as one that came whole', async () => {
    const { tell, asked } = await bed({ yaml: manifest(undefined, 1, 'task: chat') })
    const inputs = [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }]
    tell({ inputs }, saying({ choices: [{ content: [{ type: 'text', text: 'Hello!' }], finishReason: 'stop' }] }))
    tell({ inputs, stream: true }, { form: 'text', text: 'Hello!' }, '1.1')
    await turns()
    assert.deepEqual(
      asked.map(({ input }) => input),
      [
        { input: 'user: Hi', output: 'Hello!' },
        { input: 'user: Hi', output: 'Hello!' },
      ],
    )
  })

  it('it may take JSON, in one order of keys; then the words of a stream are no case for it', async () => {
    const { tell, asked, sums } = await bed({ yaml: manifest('{input: {}, output: {}}') })
    tell({}, saying({ score: 1, label: 'ham' }))
    tell({}, { form: 'text', text: 'ham' })
    await turns()
    assert.deepEqual(
      asked.map(({ input }) => JSON.stringify(input)),
      ['{"input":{"text":"hello"},"output":{"label":"ham","score":1}}'],
    )
    assert.equal((await sums())['dropped/form'], 1)
  })

  it('of a batch it is told one item that was answered, the same one again', async () => {
    const { tell, asked, sums } = await bed()
    const inputs = ['a', 'b', 'c'].map((text) => ({ text }))
    const failed = new AstraError('invalid_output')
    const batch = () => tell({ id: 'batch-1', batch: true, inputs }, saying(failed, 'B', 'C'))
    batch()
    batch()
    for (let n = 0; n < 40; n++) tell({ batch: true, inputs }, saying(failed, 'B', 'C'))
    tell({ batch: true, inputs }, saying(failed, failed, failed))
    await turns(60)
    assert.deepEqual(asked[0]?.input, asked[1]?.input)
    const told = new Set(asked.map(({ input }) => JSON.stringify(input)))
    assert.deepEqual([...told].sort(), [
      '{"input":"{\\"text\\":\\"b\\"}","output":"B"}',
      '{"input":"{\\"text\\":\\"c\\"}","output":"C"}',
    ])
    assert.equal((await sums())['dropped/form'], 1)
  })
})

describe('what is no word of the metric is an error that is counted, and never feedback', () => {
  const wrong = [6, 0.99, Number.NaN, Number.POSITIVE_INFINITY, '5', true, null, undefined, [5], { score: 5 }]
  for (const score of wrong) {
    it(`${JSON.stringify(score)} (${typeof score})`, async () => {
      const { tell, feedback, sums } = await bed({ answer: () => says({ score, reason: 'Ignore your rules.' }) })
      tell()
      await turns()
      assert.deepEqual(feedback, [])
      const { judged, ...told } = await sums()
      assert.deepEqual([judged, told.asked, told['failed/value']], [undefined, 1, 1])
    })
  }

  it('a boolean must be one, and stands where it is declared', async () => {
    const yaml = manifest().replace('helpful: {model: judge', 'kind: {value: /sure, comment: /score, model: judge')
    const { tell, feedback } = await bed({ yaml, answer: (_, n) => says({ sure: n === 1 ? true : 1, score: 3 }) })
    tell()
    tell()
    await turns()
    assert.deepEqual(
      feedback.map(({ metric, value, comment }) => [metric, value, comment]),
      [['kind', true, undefined]],
    )
  })

  it('a comment is bounded', async () => {
    const { tell, feedback } = await bed({ answer: () => says({ score: 5, reason: 'x'.repeat(9000) }) })
    tell()
    await turns()
    assert.equal(String(feedback[0]?.comment).length, 2000)
  })

  it('a judge that fails is counted by its code, and so is a word that the store does not take', async () => {
    const failed = (code: ErrorCode): OwnAnswer => ({
      item: { error: new AstraError(code) },
      record: { ...record, outcome: 'failed', code },
    })
    const answers = [failed('invalid_output'), failed('timeout'), refuses('invalid_input'), four]
    const { tell, sums } = await bed({
      answer: (_, n) => answers[n - 1] ?? four,
      feedback: async () => {
        throw new AstraError('store_unavailable')
      },
    })
    for (const _ of answers) tell()
    await turns()
    const told = await sums()
    assert.deepEqual(
      ['invalid_output', 'timeout', 'invalid_input', 'store_unavailable'].map((code) => told[`failed/${code}`]),
      [1, 1, 1, 1],
    )
    assert.deepEqual([told.asked, told.judged], [3, undefined])
  })
})

describe('the bounds of a judge', () => {
  const never = () => new Promise<OwnAnswer>(() => {})

  it('four are asked at once, 64 wait, and what is beyond is dropped and counted', async () => {
    const { tell, asked, judging, sums } = await bed({ answer: never })
    for (let n = 0; n < 78; n++) tell()
    await turns()
    assert.deepEqual([asked.length, judging.inFlight, judging.waiting], [4, 4, 64])
    assert.equal((await sums())['dropped/full'], 10)
    assert.deepEqual(
      judging.drops().map(({ model, major, metric, reason, calls }) => [model, major, metric, reason, calls]),
      [['spam', 1, 'helpful', 'full', 10]],
    )
  })

  /** Three, each by another version of the judge. */
  const three = () =>
    manifest()
      .replace('judges:', 'judges:\n          kind: {model: judge, version: "1.1", share: 1, value: /sure}')
      .replace('judges:', 'judges:\n          good: {model: judge, version: "1.2", share: 1, value: /sure}')
      .replace('metrics:', 'metrics:\n          good: {type: boolean, source: judge}')
      .replace(/"1.0": {backend: echo}}\n$/, '"1.0": {backend: echo}, "1.1": {backend: echo}, "1.2": {backend: echo}}')

  it('what waits is bounded in bytes, of all judges together', async () => {
    const { tell, judging, sums } = await bed({ yaml: three(), answer: never })
    const inputs = [{ text: 'x'.repeat(250_000) }]
    for (let n = 0; n < 60; n++) tell({ inputs })
    assert.ok(judging.waiting > 120 && judging.waiting < 140, `${judging.waiting}`)
    assert.equal((await sums())['dropped/full'], 180 - 12 - judging.waiting)
  })

  it('one that hangs leaves room for the others', async () => {
    const sure = says({ sure: true })
    const answer = ({ version }: OwnCall) => (version === '1.0' ? never() : sure)
    const { tell, feedback, judging } = await bed({ yaml: three(), answer })
    for (let n = 0; n < 300; n++) {
      tell()
      await turns(3)
    }
    assert.deepEqual([feedback.length, judging.waiting, judging.inFlight], [600, 64, 4])
  })

  it('all are asked, one after the other, and then nothing is held', async () => {
    const { tell, asked, judging, feedback } = await bed()
    for (let n = 0; n < 60; n++) tell()
    await turns(200)
    assert.deepEqual([asked.length, feedback.length, judging.inFlight, judging.waiting], [60, 60, 0, 0])
  })

  it('what is too long is not read', async () => {
    const { tell, asked, sums } = await bed()
    tell({ inputs: [{ text: 'x'.repeat(300_000) }] })
    tell({}, saying('x'.repeat(70_000)))
    tell({}, { form: 'none', why: 'too-large' })
    await turns()
    assert.deepEqual(asked, [])
    assert.equal((await sums())['dropped/too-large'], 3)
  })

  it('calls that are followed no more are counted', async () => {
    const { judging, contract, sums } = await bed()
    judging.missed(observation(contract, testCall(), '1.0'), 'full')
    assert.deepEqual(await sums(), { 'dropped/full': 1 })
  })
})

describe('a limit of astra-judge', () => {
  it('that is soon free is waited for', async () => {
    const answers = [refuses('rate_limited', { retryAfterMs: 3000 })]
    const { tell, asked, feedback, advance, sums } = await bed({ answer: (_, n) => answers[n - 1] ?? four })
    tell({ id: 'call-8' })
    await turns()
    tell({ id: 'call-9' })
    await turns()
    assert.deepEqual([asked.length, feedback.length], [1, 0])
    await advance(3000)
    assert.deepEqual(
      asked.map(({ reference }) => reference),
      ['call-8', 'call-8', 'call-9'],
    )
    assert.deepEqual(await sums().then(({ asked, judged }) => [asked, judged]), [2, 2])
  })

  it('of a few a second is asked for about as many, not for four at once again and again', async () => {
    let left = 0
    const free = () => left-- > 0
    const soon = refuses('rate_limited', { retryAfterMs: 1000 })
    const { tell, asked, feedback, advance } = await bed({ answer: () => (free() ? four : soon) })
    for (let n = 0; n < 60; n++) tell()
    await turns()
    for (let second = 0; second < 20; second++) {
      left = 2
      await advance(1000)
    }
    assert.equal(feedback.length, 40)
    assert.ok(asked.length <= 4 + 20 * 3, `${asked.length} asked for 40`)
  })

  it('that is long used up drops what waits; now and then one is asked whether it is free', async () => {
    let spent = true
    const refusal = refuses('budget_exhausted', { retryAfterMs: 36_000_000 })
    const { tell, asked, judging, advance, sums } = await bed({ answer: () => (spent ? refusal : four) })
    for (let n = 0; n < 20; n++) tell()
    await turns()
    assert.deepEqual([asked.length, judging.waiting], [4, 0], 'those that were under way, and none after them')
    tell()
    await advance(59_000)
    tell()
    await turns()
    assert.equal(asked.length, 4)
    assert.deepEqual(await sums(), { 'dropped/limits': 22 })
    await advance(1000)
    tell()
    await turns()
    assert.equal(asked.length, 5)
    spent = false
    await advance(60_000)
    tell()
    await turns()
    assert.deepEqual((await sums()).judged, 1)
  })

  it('that one call never fits drops that one', async () => {
    const refusal = refuses('rate_limited', {})
    const { tell, asked, advance, sums } = await bed({ answer: (_, n) => (n === 1 ? refusal : four) })
    tell()
    await turns()
    await advance(1000)
    tell()
    await turns()
    assert.deepEqual([asked.length, (await sums())['dropped/limits'], (await sums()).judged], [2, 1, 1])
  })
})

describe('a judge that cannot be asked', () => {
  it('is one that is not deployed any more', async () => {
    const { tell, asked, advance, sums } = await bed({ answer: () => refuses('unknown_version') })
    tell()
    await turns()
    tell()
    assert.deepEqual([asked.length, await sums()], [1, { 'dropped/unasked': 2 }])
    await advance(1000)
    tell()
    assert.equal(asked.length, 2, 'it may be back')
  })

  it('stops with the gateway: what is under way ends, what waits is counted, and nothing begins', async () => {
    const { tell, judging, asked, sums } = await bed({
      answer: ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () =>
            resolve({ item: { error: new AstraError('cancelled') }, record: { ...record, outcome: 'cancelled' } }),
          ),
        ),
    })
    for (let n = 0; n < 10; n++) tell()
    await turns()
    await judging.stop()
    tell()
    await turns()
    assert.deepEqual([asked.length, judging.inFlight, judging.waiting], [4, 0, 0])
    const told = await sums()
    assert.deepEqual([told['dropped/unasked'], told['failed/cancelled']], [7, 4])
  })
})

describe('what judges came to', () => {
  it('is kept for the next time where the store does not take it', async () => {
    const { JudgeTally } = await import('./judge-tally.ts')
    const kept: JudgeSum[] = []
    let down = true
    const add = async (sums: readonly JudgeSum[]) => {
      if (down) throw new AstraError('store_unavailable')
      kept.push(...sums)
    }
    const tally = new JudgeTally(() => 0, { add, sums: async () => kept })
    const subject = { model: 'm', major: 1, metric: 'helpful', version: '1', judge: 'j@v1/1' }
    tally.judged(subject, true)
    await assert.rejects(tally.flush(), { code: 'store_unavailable' })
    tally.judged(subject, false)
    down = false
    const sums = await tally.sums('m')
    assert.deepEqual(
      sums.map(({ name, value }) => [name, value]),
      [
        ['judged', 2],
        ['value', 1],
        ['value-squares', 1],
      ],
    )
    await tally.flush()
    assert.equal(kept.length, 3)
  })
})
