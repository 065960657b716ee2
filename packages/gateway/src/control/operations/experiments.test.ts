import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '../../kernel/audit.ts'
import type { AstraError } from '../../kernel/errors.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { compileSchema } from '../../kernel/schema/validator.ts'
import { evaluate } from '../experiments/evaluate.ts'
import { pointOf, withPoint } from '../experiments/history.ts'
import { fakeCatalog, noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

const running = 'spam-again'

/** What the controller keeps of 2,000 units of which the candidate has more right. */
function keptOf() {
  const experiment = fakeCatalog.state.experiments?.[running] ?? assert.fail()
  const arm = (mean: number) =>
    ({
      ...{ assigned: 1000, withFeedback: 1000 },
      metrics: { correct: { type: 'mean', moments: { n: 1000, mean, m2: 1000 * mean * (1 - mean) } } },
    }) as const
  const latest = evaluate(experiment, {
    evidence: [{ epoch: 1, arms: { '1.0': arm(0.9), '1.1': arm(0.98) } }],
    circuit: {},
    running: {},
    now: noon,
    seen: { gapMaxMs: 60_000 },
  })
  const point = pointOf(latest.analysis, noon, latest.elapsedMs)
  // As it comes back from the store.
  return JSON.parse(JSON.stringify({ latest, history: withPoint({ spacingMs: 0, points: [] }, point) }))
}

test('the list has every experiment, with its status and the revision that a change needs', async () => {
  const { run } = await fakePlatform()
  const { output, etag } = await run('listExperiments', {})
  assert.equal(etag, '7')
  const about = { model: 'spam', major: 'v1', control: '1.0', candidates: ['1.1'] }
  assert.deepEqual(output, {
    revision: 7,
    experiments: [
      { name: 'spam-1-1', ...about, status: 'draft', since: '2026-11-22T12:00:00.000Z' },
      { name: running, ...about, status: 'running', since: '2026-11-22T11:00:00.000Z' },
    ],
  })
})

test('a draft shows what is declared; nothing is asked of the store for it', async () => {
  const { run, ports } = await fakePlatform()
  ports.reports.totals = () => assert.fail('It has none')
  const { output } = await run('getExperiment', { name: 'spam-1-1' })
  const { status, elapsedMs, arms, evaluations, step, metrics, startedAt } = output
  assert.deepEqual([status, elapsedMs, arms, evaluations, step, startedAt], ['draft', 0, [], [], 0, undefined])
  assert.deepEqual(metrics, [
    { name: 'correct', kind: 'success', type: 'mean', optimise: 'max', from: { feedback: 'correct' } },
  ])
})

test('one that runs shows what it found, the advice in words, what each arm got and why it could not be evaluated', async () => {
  const { run, ports, kept } = await fakePlatform()
  Object.assign(kept, keptOf())
  ports.experiments.fault = () => 'the disk is full'
  ports.reports.evidence = () => assert.fail('Every unit would be read')
  ports.reports.totals = async ({ startedAt }) => {
    assert.equal(startedAt, noon - 3_600_000)
    return { '1.0': { units: 1000, beyond: 7, calls: 0, failed: 0, costUsd: 0 } }
  }
  const { output, etag } = await run('getExperiment', { name: running })
  const { evaluations, arms, elapsedMs, stepEndsInMs, evaluatedAt, fault, by } = output as Record<string, unknown>
  assert.equal(stepEndsInMs, 3_600_000 - 60_000, 'of the time before the first look a little counts')
  assert.deepEqual([etag, elapsedMs, fault, by], ['7', 60_000, 'the disk is full', 'key_7'])
  assert.equal(evaluatedAt, '2026-11-22T12:00:00.000Z')
  assert.equal((output as { beyond?: number }).beyond, 7)
  assert.deepEqual(
    (output as { epochs: { units?: number }[] }).epochs.map(({ units }) => units),
    [2000],
  )
  assert.deepEqual(arms, [
    { version: '1.0', units: 1000, calls: 0, failed: 0 },
    { version: '1.1', units: 0, calls: 0, failed: 0 },
  ])
  const [{ candidate, decision, verdict, analysis }] = evaluations as [Record<string, Record<string, unknown>>]
  assert.deepEqual([candidate, decision?.action, analysis?.units], ['1.1', 'hold', { control: 1000, candidate: 1000 }])
  assert.match(String(verdict?.text), /^Not decided yet between 1\.1 and 1\.0: 60 seconds of at least 24 hours/)
})

test('its report adds what evaluations found, and what was done by whom: the oldest first', async () => {
  const { run, ports, kept } = await fakePlatform()
  Object.assign(kept, keptOf())
  const entry = (operation: string, after: string, time: number): AuditEntry => ({
    ...{ id: time, time, keyId: 'key_7', consumer: 'platform', address: undefined, operation },
    ...{ target: `/experiments/${running}`, outcome: 'done', code: undefined, before: undefined, after },
  })
  ports.audit.list = async (filter) => {
    assert.equal(filter.target, `/experiments/${running}`)
    const entries = [
      entry('pauseExperiment', '{"reason":"somebody looks"}', noon),
      entry('stepExperiment', '{"coverage":0.5}', noon - 1),
      entry('startExperiment', '{"coverage":0.1…(cut)', noon - 2),
    ]
    return { entries, next: undefined }
  }
  const { output } = await run('getExperimentReport', { name: running })
  const { history, decisions } = output as {
    history: { candidates: Record<string, { units: number }> }[]
    decisions: unknown
  }
  assert.deepEqual([history.length, history[0]?.candidates['1.1']?.units], [1, 2000])
  assert.deepEqual(
    (decisions as { action: string; text: string }[]).map(({ action, text }) => `${action}: ${text}`),
    ['start: Started with 100 % of the units.', 'step: Coverage raised to 50 % of the units.', 'pause: somebody looks'],
  )
})

test('declaring, changing and deleting one go to the catalog with the precondition and who asks', async () => {
  const { run, asked } = await fakePlatform()
  const declared = { model: 'spam', candidates: ['1.1'], metrics: ['correct'] }
  const rows = [
    ['createExperiment', 'new', declared, [declared]],
    ['updateExperiment', running, { rule: 'automatic' }, [{ rule: 'automatic' }]],
    ['deleteExperiment', 'spam-1-1', {}, []],
  ] as const
  for (const [operation, name, fields, passed] of rows) {
    const { etag } = await run(operation, { name, ...fields }, {}, '7')
    assert.deepEqual(asked.experiment, [name, ...passed, ['7'], 'key_admin'])
    assert.equal(etag, '8')
    await assert.rejects(run(operation, { name, ...fields }), { code: 'precondition_required' })
  }
})

test('a name that is mistyped is answered with the nearest', async () => {
  const { run } = await fakePlatform()
  for (const name of ['getExperiment', 'getExperimentReport']) {
    await assert.rejects(run(name, { name: 'spam-1-l' }), {
      code: 'unknown_experiment',
      facts: { detail: 'There is no experiment "spam-1-l"', next: 'Did you mean "spam-1-1"?' },
    })
  }
  for (const name of ['stopExperiment', 'updateExperiment', 'deleteExperiment'])
    await assert.rejects(run(name, { name: 'constructor' }, {}, '7'), { code: 'unknown_experiment' })
})

test('a change goes to the catalog with the precondition and who asks', async () => {
  const { run, asked } = await fakePlatform()
  const rows = [
    ['pauseExperiment', { reason: 'somebody looks' }, { action: 'pause', reason: 'somebody looks' }],
    ['resumeExperiment', {}, { action: 'resume' }],
    ['stopExperiment', {}, { action: 'stop' }],
    [
      'promoteExperiment',
      { version: '1.1', reason: 'so be it' },
      { action: 'promote', winner: '1.1', reason: 'so be it' },
    ],
    ['rollBackExperiment', {}, { action: 'roll-back' }],
    ['startExperiment', {}, { action: 'start' }],
  ] as const
  for (const [name, input, change] of rows) {
    const { etag, output } = await run(name, { name: running, ...input }, {}, '7')
    assert.deepEqual(asked.experiment, [running, change, ['7'], 'key_admin'])
    assert.deepEqual([etag, output.revision, output.status], ['8', 8, 'running'])
    await assert.rejects(run(name, { name: running, ...input }), { code: 'precondition_required' })
  }
})

test('one that could not show anything does not start, and says what to do', async () => {
  const { run, replicas, ports, asked } = await fakePlatform()
  const up = replicas.get('spam@v1/1.1') ?? assert.fail()
  replicas.set(
    'spam@v1/1.1',
    up.map((one) => ({ ...one, state: 'down', reason: 'it refuses connections' })),
  )
  await assert.rejects(run('startExperiment', { name: 'spam-1-1' }, {}, '7'), {
    code: 'conflict',
    facts: {
      detail: 'Version 1.1 of spam@v1 has no replica that serves it just now, so "spam-1-1" cannot start',
      next: 'See why: astraapi replicas spam. Start it again when one is ready.',
    },
  })
  replicas.set('spam@v1/1.1', up)
  const { metrics: _, ...contract } = fakeCatalog.state.models.spam?.contracts['1'] ?? assert.fail()
  const model = { ...fakeCatalog.state.models.spam, contracts: { '1': contract } } as never
  const state = { ...fakeCatalog.state, models: { ...fakeCatalog.state.models, spam: model } }
  ports.catalogControl.current = () => ({ ...fakeCatalog, state })
  await assert.rejects(run('startExperiment', { name: 'spam-1-1' }, {}, '7'), {
    code: 'conflict',
    facts: {
      detail: 'spam@v1 declares no metric "correct", so no feedback could tell it, and "spam-1-1" cannot start',
      next: 'Declare it under contracts.v1.metrics in the manifest and apply it.',
    },
  })
  assert.equal(asked.experiment, undefined)
})

test('one that was paused as its evidence cannot be trusted is not resumed: it would be paused again', async () => {
  const { run, kept, ports, asked } = await fakePlatform()
  const experiment = fakeCatalog.state.experiments?.[running] ?? assert.fail()
  const arm = (assigned: number) => ({ assigned, withFeedback: 0, metrics: {} })
  kept.latest = evaluate(experiment, {
    evidence: [{ epoch: 1, arms: { '1.0': arm(700), '1.1': arm(300) } }],
    circuit: {},
    running: {},
    now: noon,
  })
  const progress = { ...experiment.progress, status: 'paused' } as const
  const state = { ...fakeCatalog.state, experiments: { [running]: { ...experiment, progress } } }
  ports.catalogControl.current = () => ({ ...fakeCatalog, state })
  await assert.rejects(run('resumeExperiment', { name: running }, {}, '7'), (error: AstraError) => {
    assert.equal(error.code, 'conflict')
    assert.match(error.facts.detail ?? '', /would be paused again at once: The comparison .* got 700 \(1\.0\)/)
    assert.match(error.facts.next ?? '', /stop spam-again/)
    return true
  })
  assert.equal(asked.experiment, undefined)
  kept.latest = undefined
  await run('resumeExperiment', { name: running }, {}, '7')
  assert.notEqual(asked.experiment, undefined)
})

test('what is declared is as bounded as in the manifest', async () => {
  const { operations } = await fakePlatform()
  const { input } = operations.find(({ name }) => name === 'createExperiment') ?? {}
  assert.ok(input)
  const check = compileSchema(input as Schema)
  const many = (n: number, of: unknown) => Array.from({ length: n }, () => of)
  const declared = (over: object) => {
    const faults = check({ name: 'x', model: 'spam', candidates: ['1.1'], metrics: ['correct'], ...over }, '') ?? []
    return faults.map(({ path }) => path)
  }
  const lists = (more: number) => ({
    candidates: many(9 + more, '1.1'),
    metrics: many(20 + more, 'correct'),
    guardrails: many(20 + more, { metric: 'errors' }),
    ramp: many(20 + more, { coverage: 0.1 }),
    shares: Object.fromEntries(many(10 + more, 1).map((share, n) => [`v${n}`, share])),
  })
  assert.deepEqual(declared(lists(0)), [])
  assert.deepEqual(declared(lists(1)).toSorted(), ['/candidates', '/guardrails', '/metrics', '/ramp', '/shares'])
})
