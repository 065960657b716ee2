import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Permission } from '../../kernel/caller.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import { assertDeclared, notCounted } from './declared-metric.ts'
import { fakeCatalog, noon } from './fake-catalog.ts'
import { fakePlatform, record } from './fake-platform.ts'

const demo = { consumer: 'demo', permissions: ['infer'] } as const
const good = { metric: 'correct', value: true }

for (const kept of ['calls', 'waiting'] as const) {
  test(`feedback finds its call by id and by reference (${kept})`, async () => {
    const platform = await fakePlatform()
    platform[kept].set(record.id, record)
    const byId = await platform.run('giveFeedback', { call: record.id, ...good }, demo)
    const byReference = await platform.run(
      'giveFeedback',
      { reference: 'order-7', metric: 'stars', value: 4, source: 'heuristic', comment: 'well' },
      demo,
    )
    const { notCounted: told, ...receipt } = byId.output
    assert.deepEqual([receipt, byReference.output], [{ call: record.id }, { call: record.id }])
    // It is kept all the same.
    assert.match(String(told), /^Kept, but .* correct is declared to hear only "source": "ground_truth", and this came/)
    const common = { callId: record.id, time: noon, consumer: 'demo' }
    assert.deepEqual(platform.feedback, [
      { ...common, ...good, source: 'user', comment: undefined },
      { ...common, metric: 'stars', value: 4, source: 'heuristic', comment: 'well' },
    ])
  })

  test(`404 for another consumer's call, as for none (${kept})`, async () => {
    const platform = await fakePlatform()
    platform[kept].set(record.id, record)
    const other = { ...demo, consumer: 'checkout' }
    for (const which of [{ call: record.id }, { reference: 'order-7' }, { call: 'nobody' }, { reference: 'none' }]) {
      await assert.rejects(platform.run('giveFeedback', { ...which, ...good }, other), {
        code: 'unknown_call',
        facts: {},
      })
    }
    assert.deepEqual(platform.feedback, [])
  })

  for (const which of [{ call: record.id }, { reference: 'order-7' }]) {
    test(`422 for a metric that the contract does not declare (${kept}, by ${Object.keys(which)})`, async () => {
      const platform = await fakePlatform()
      platform[kept].set(record.id, record)
      const message = 'is not declared by spam@v1: "corect"'
      await assert.rejects(platform.run('giveFeedback', { ...which, ...good, metric: 'corect' }, demo), {
        code: 'invalid_input',
        facts: {
          detail: `metric ${message}`,
          next: 'Judge by what spam@v1 declares: correct (boolean), stars (number). Its owner adds others under "metrics" in the manifest.',
          violations: [{ path: '/metric', message, suggestion: 'Did you mean "correct"?' }],
        },
      })
      assert.deepEqual(platform.feedback, [])
    })
  }
}

for (const [heard, source, told] of [
  ['ground_truth', 'user', true],
  ['user', 'heuristic', true],
  ['ground_truth', 'ground_truth', false],
  [undefined, 'user', false],
] as const) {
  test(`${source} for a metric that hears ${heard ?? 'everybody'} ${told ? 'is told that it does not count' : 'counts'}`, () => {
    const metric: FeedbackMetric = { type: 'boolean', optimise: 'max', ...(heard ? { source: heard } : {}) }
    const words = `Kept, but experiments do not count it: correct is declared to hear only "source": "${heard}", and this came as "${source}"`
    assert.equal(notCounted(metric, { metric: 'correct', source }), told ? words : undefined)
  })
}

for (const [metric, value, type] of [
  ['correct', 1, 'boolean'],
  ['correct', 'true', 'boolean'],
  ['stars', '4', 'number'],
  ['stars', true, 'number'],
] as const) {
  test(`422 for ${JSON.stringify(value)} where ${metric} is a ${type}`, async () => {
    const platform = await fakePlatform()
    // Of a call that was refused before its contract was known: the default major is meant.
    platform.calls.set(record.id, { ...record, major: undefined })
    const detail = `value must be a ${type}, as spam@v1 declares ${metric}`
    await assert.rejects(platform.run('giveFeedback', { call: record.id, metric, value }, demo), {
      code: 'invalid_input',
      message: detail,
    })
    assert.deepEqual(platform.feedback, [])
  })
}

test('a contract that declares no metrics, or is no more, hears anything', () => {
  const { state } = fakeCatalog
  const { spam } = state.models
  assert.ok(spam?.contracts['1'])
  const taste = { metric: 'taste', value: 'good', source: 'judge' } as const
  const anyone = { consumer: 'demo', permissions: new Set<Permission>() }
  assert.throws(() => assertDeclared(record, taste, anyone, state), { code: 'invalid_input' })
  const { metrics: _, ...bare } = spam.contracts['1']
  for (const contract of [bare, { ...bare, metrics: {} }]) {
    assertDeclared(record, taste, anyone, { ...state, models: { spam: { ...spam, contracts: { '1': contract } } } })
  }
  for (const gone of [{ model: 'constructor' }, { major: 7 }])
    assertDeclared({ ...record, ...gone }, taste, anyone, state)
})

/** With this declaration of `stars`. */
function saying(
  stars: Partial<FeedbackMetric>,
  {
    value = 4,
    source,
    as,
  }: { value?: number; source: 'user' | 'ground_truth' | 'judge' | 'heuristic'; as: readonly Permission[] },
): void {
  const { state } = fakeCatalog
  const { spam } = state.models
  const contract = spam?.contracts['1']
  assert.ok(spam && contract)
  const metrics = { stars: { type: 'number', optimise: 'max', ...stars } } as const
  const models = { ...state.models, spam: { ...spam, contracts: { '1': { ...contract, metrics } } } }
  const speaker = { consumer: 'demo', permissions: new Set(as) }
  assertDeclared(record, { metric: 'stars', value, source }, speaker, { ...state, models })
}

for (const [what, stars, source, as, allowed] of [
  ['a user', { consumers: ['mail'] }, 'user', ['infer'], true],
  ['the truth by whoever calls, where nobody is named', {}, 'ground_truth', ['infer'], true],
  ['the truth by another than is named', { consumers: ['mail'] }, 'ground_truth', ['infer'], false],
  ['a heuristic by another than is named', { consumers: ['mail'] }, 'heuristic', ['infer'], false],
  ['the truth by who is named', { consumers: ['demo'] }, 'ground_truth', ['infer'], true],
  ['the truth by an operator', { consumers: ['mail'] }, 'ground_truth', ['operate'], true],
  ['a judge', {}, 'judge', ['infer'], false],
  ['a judge that is named', { consumers: ['demo'] }, 'judge', ['infer'], true],
  ['a judge that operates', {}, 'judge', ['operate'], true],
] as const) {
  test(`${allowed ? 'heard' : '403'}: ${what}`, () => {
    const say = () => saying(stars, { source, as })
    if (allowed) say()
    else assert.throws(say, { code: 'forbidden' })
  })
}

test('422 for a number beyond the bounds that are declared', () => {
  const said = { source: 'user', as: [] } as const
  for (const value of [1, 4, 5]) saying({ min: 1, max: 5 }, { ...said, value })
  saying({ max: 5 }, { ...said, value: -1e9 })
  for (const value of [0.9, 1e15, Number.NaN]) {
    assert.throws(() => saying({ min: 1, max: 5 }, { ...said, value }), {
      code: 'invalid_input',
      message: 'value must lie within 1 and 5, as spam@v1 declares stars',
    })
  }
})

test('422 unless either the call or its reference is given', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('giveFeedback', good, demo), { code: 'invalid_input' })
  await assert.rejects(run('giveFeedback', { ...good, call: 'a', reference: 'b' }, demo), { code: 'invalid_input' })
})
