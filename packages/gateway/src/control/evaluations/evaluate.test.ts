import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { EvaluationRun } from '../../kernel/evaluation.ts'
import { checkBounds } from './bounds.ts'
import { askedWorld, mails, textOf } from './testing/asked-world.ts'

const run = (over: Partial<EvaluationRun> = {}): EvaluationRun => ({
  ...{ id: 'eval-1', kind: 'eval', model: 'spam', major: 1, version: '1.1', cases: mails(100) },
  signal: new AbortController().signal,
  ...over,
})
const ham = { label: 'ham', score: 1 }
const truth = (text: number) => (text % 2 === 0 ? ham : { label: 'spam', score: 1 })

describe('an evaluation against the truth', () => {
  it('counts what is right, by label too, and tells the worst', async () => {
    const { evaluate, calls } = askedWorld((call) => (textOf(call) < 10 ? ham : truth(textOf(call))))
    const { version, verdict, disagreements, asked, partial } = await evaluate(run())
    const { accuracy, errors, latency } = version.measures
    assert.deepEqual([accuracy?.value, accuracy?.n, errors?.value, asked, partial], [0.95, 100, 0, 100, undefined])
    assert.ok((accuracy?.lower ?? 1) > 0.8 && (accuracy?.upper ?? 0) < 1 && latency?.value === 27.14)
    assert.deepEqual(version.labels, [
      { label: 'ham', expected: 50, answered: 55, right: 50, precision: 50 / 55, recall: 1 },
      { label: 'spam', expected: 50, answered: 45, right: 45, precision: 1, recall: 0.9 },
    ])
    assert.deepEqual(
      version.confusion?.find(({ expected, answered }) => expected !== answered),
      {
        ...{ expected: 'spam', answered: 'ham', cases: 5 },
      },
    )
    assert.deepEqual(
      disagreements.map(({ case: id }) => id).toSorted(),
      [1, 3, 5, 7, 9].map((i) => `case-${i}`),
    )
    assert.match(
      verdict,
      /^1\.1 agrees with the truth on 95 of 100 cases \(95 %, 95 % interval .*\)\. No case failed\. /,
    )
    assert.ok(calls.every(({ role, reference, version }) => `${role} ${reference} ${version}` === 'eval eval-1 1.1'))
  })

  it('counts a case that failed as wrong', async () => {
    const { evaluate } = askedWorld((call) =>
      textOf(call) === 4 ? new AstraError('invalid_output') : truth(textOf(call)),
    )
    const { version, verdict, disagreements } = await evaluate(run({ cases: mails(10) }))
    const { accuracy, errors, distance } = version.measures
    assert.deepEqual([accuracy?.value, errors?.value, version.measures['invalid-output']?.value], [0.9, 0.1, 0.1])
    assert.ok(Math.abs((distance?.value ?? 0) - 0.1) < 1e-12)
    assert.deepEqual([disagreements[0]?.code, disagreements[0]?.distance], ['invalid_output', 1])
    assert.match(verdict, /On 1\.1 1 case failed \(invalid_output 1\)\./)
  })
})

test('cases that failed took their time, too, and of how soon the others were answered no bound holds', async () => {
  const { evaluate } = askedWorld((call) =>
    call.version === '1.1' && textOf(call) > 0 ? new AstraError('timeout') : truth(textOf(call)),
  )
  const report = await evaluate(run({ against: '1.0' }))
  const { latency, 'latency-p95': p95 } = report.version.measures
  assert.deepEqual([report.version.answered, latency?.n, p95?.n, report.differences.latency?.n], [1, 100, 100, 100])
  const bounds = checkBounds({ 'latency-p95': { max: 200, drop: 10 }, latency: { drop: 10 } }, report)
  assert.deepEqual(
    bounds.map(({ outcome, words }) => `${outcome} ${/ of 1 of 100 cases only/.test(words)}`),
    ['failed true', 'failed true', 'failed true'],
  )
})

test('two versions are asked the same cases, which comes first alternates, and their difference is of pairs', async () => {
  const { evaluate, calls } = askedWorld((call) =>
    call.version === '1.0' && textOf(call) % 4 === 0 ? { label: 'spam', score: 1 } : truth(textOf(call)),
  )
  const report = await evaluate(run({ against: '1.0', cases: mails(400), concurrency: 1 }))
  assert.deepEqual(
    calls.slice(0, 4).map(({ version, input }) => [version, input]),
    [
      ['1.1', { text: '0' }],
      ['1.0', { text: '0' }],
      ['1.0', { text: '1' }],
      ['1.1', { text: '1' }],
    ],
  )
  const { accuracy, errors } = report.differences
  assert.equal(accuracy?.value, 0.25)
  assert.equal(accuracy?.shown, 'better')
  assert.ok((accuracy?.lower ?? 0) > 0.15 && (accuracy?.upper ?? 1) < 0.35)
  // Of none of 400 pairs, an exact interval around 0 is left.
  assert.ok(errors && errors.value === 0 && (errors.upper ?? 0) > 0 && errors.shown === undefined)
  assert.equal(report.version.measures.agreement?.value, 0.75)
  assert.match(report.verdict, /, 1\.0 on 300 of 400 cases \(75 %\): \+25 points \(/)
})

test('what the other version was right in comes first among the worst', async () => {
  const wrong = (text: number) => truth(text + 1)
  const { evaluate } = askedWorld((call) => {
    const text = textOf(call)
    if (call.version === '1.0') return text < 100 ? wrong(text) : truth(text)
    return text < 100 || text === 150 ? wrong(text) : truth(text)
  })
  const { disagreements } = await evaluate(run({ against: '1.0', cases: mails(200) }))
  assert.equal(disagreements.length, 50)
  assert.deepEqual([disagreements[0]?.case, disagreements[0]?.lost], ['case-150', true])
  assert.deepEqual(
    [disagreements[0]?.input, disagreements[0]?.answeredAgainst],
    ['{"text":"150"}', JSON.stringify(ham)],
  )
})

test('a replay holds answers against those of then, and keeps nothing of the payloads', async () => {
  const { evaluate } = askedWorld((call) => truth(textOf(call)))
  const cases = mails(10).map(({ id, input }, i) => ({ id, input, answered: i === 3 ? ham : truth(i) }))
  const { version, disagreements, verdict } = await evaluate(run({ kind: 'replay', cases }))
  assert.deepEqual([version.measures.agreement?.value, version.measures.accuracy], [0.9, undefined])
  assert.deepEqual(Object.keys(disagreements[0] ?? {}), ['case', 'distance', 'call'])
  assert.match(verdict, /^1\.1 answers as was answered then on 9 of 10 cases/)
})

describe('limits and ends', () => {
  it('waits as it is told, and asks the same case again; so at a vendor that is busy, but not at one that is down', async () => {
    const limited = new AstraError('rate_limited', { retryAfterMs: 2500 })
    const { evaluate, waits, calls } = askedWorld((call, number) => (number === 3 ? limited : truth(textOf(call))))
    const { version, asked } = await evaluate(run({ cases: mails(10), concurrency: 1 }))
    assert.deepEqual([waits, asked, calls.length, version.failed], [[2500], 10, 11, {}])
    const vendor = askedWorld((call, number) => {
      if (number === 2) return new AstraError('upstream_unavailable', { retryAfterMs: 700 })
      return textOf(call) === 5 ? new AstraError('upstream_unavailable') : truth(textOf(call))
    })
    const report = await vendor.evaluate(run({ cases: mails(10), concurrency: 1 }))
    assert.deepEqual([vendor.waits, report.version.failed], [[700], { upstream_unavailable: 1 }])
  })

  it('gives up when it is told "later" for five minutes', async () => {
    const { evaluate, waits } = askedWorld(() => new AstraError('overloaded', { retryAfterMs: 90_000 }))
    const { partial, asked, verdict } = await evaluate(run({ concurrency: 1 }))
    assert.deepEqual([partial, asked], ['limits', 0])
    assert.ok(waits.every((ms) => ms === 60_000) && waits.length <= 7)
    assert.match(verdict, /^The limits allowed no more after 0 of 100 cases, so that nothing can be said of 1\.1\.$/)
  })

  it('does not wait for what never fits a limit: that case failed', async () => {
    const refusedBy = { kind: 'tokens', owner: { kind: 'consumer', name: 'astra-eval' } } as never
    const { evaluate, waits } = askedWorld((call) =>
      textOf(call) === 1 ? new AstraError('rate_limited', { refusedBy }) : truth(textOf(call)),
    )
    const { version } = await evaluate(run({ cases: mails(10) }))
    assert.deepEqual([version.failed, waits], [{ rate_limited: 1 }, []])
  })

  const ends = [
    ['budget_exhausted', 'budget', /^The budget was used up after 19 of 100 cases: all that follows is of these\./],
    ['stopping', 'stopping', /^The gateway was stopped after 19 of 100 cases/],
    ['cancelled', 'stopping', /^The gateway was stopped after 19 of 100 cases/],
  ] as const
  for (const [code, reason, words] of ends) {
    it(`ends with what it has when it is told ${code}`, async () => {
      const { evaluate } = askedWorld((call, number) => (number >= 20 ? new AstraError(code) : truth(textOf(call))))
      const { partial, asked, verdict, version } = await evaluate(run({ concurrency: 1 }))
      assert.deepEqual([partial, asked, version.measures.accuracy?.n], [reason, 19, 19])
      assert.match(verdict, words)
    })
  }

  it('ends with what it has when it is cancelled, and counts nothing of what was under way', async () => {
    const controller = new AbortController()
    const { evaluate } = askedWorld((call, number) => {
      if (number === 30) controller.abort()
      return truth(textOf(call))
    })
    const { partial, asked } = await evaluate(run({ signal: controller.signal }))
    assert.equal(partial, 'cancelled')
    assert.ok(asked >= 20 && asked < 30, String(asked))
  })

  it('asks so many cases at once', async () => {
    for (const [concurrency, most] of [
      [undefined, 4],
      [1, 1],
      [99, 32],
    ] as const) {
      const world = askedWorld((call) => truth(textOf(call)))
      await world.evaluate(run(concurrency === undefined ? {} : { concurrency }))
      assert.equal(world.mostInFlight(), most)
    }
  })
})

test('a version that is not there, or was retired, is refused before anything is asked', async () => {
  const { evaluate, calls } = askedWorld(() => ham)
  await assert.rejects(evaluate(run({ version: '2.0' })), { code: 'unknown_version' })
  await assert.rejects(evaluate(run({ against: '0.9' })), { code: 'version_retired' })
  await assert.rejects(evaluate(run({ model: 'spma' })), { code: 'unknown_model' })
  assert.equal(calls.length, 0)
})
