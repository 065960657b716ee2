import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { spamCatalog } from '../evaluations/testing/asked-world.ts'
import { fakePlatform } from './fake-platform.ts'

async function platform() {
  const fake = await fakePlatform()
  Object.assign(fake.ports.catalogControl, { current: () => spamCatalog })
  const cases = [
    { input: { text: 'a' }, expected: 'ham' },
    { id: 'b', input: { text: 'b' }, expected: 'spam' },
  ]
  const create = (over: object) => fake.run('createEvaluation', { model: 'spam', version: '1.1', ...over })
  const refusal = async (over: object) => {
    const thrown = await create(over).then(
      () => undefined,
      (error) => error,
    )
    return `${thrown?.code}: ${thrown?.message}`
  }
  return { ...fake, cases, create, refusal }
}

test('an evaluation is asked for, runs in the background and is told with its report', async () => {
  const { run, create, cases, evaluationRuns } = await platform()
  const { output } = await create({ cases, against: 'current', require: { accuracy: { min: 0.6 } }, concurrency: 2 })
  assert.deepEqual(
    [output.status, output.against, output.source, output.major],
    ['queued', '1.0', '2 cases of the request', 'v1'],
  )
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual(
    evaluationRuns.map(({ cases, against, concurrency }) => ({ ids: cases.map(({ id }) => id), against, concurrency })),
    [{ ids: ['1', 'b'], against: '1.0', concurrency: 2 }],
  )
  const { output: ended } = await run('getEvaluation', { id: String(output.id) })
  assert.deepEqual([ended.status, ended.passed], ['done', false])
  const report = ended.report as { readonly disagreements: readonly object[] }
  assert.ok('input' in (report.disagreements[0] ?? {}))
  const { output: list } = await run('listEvaluations', {})
  assert.equal((list.evaluations as unknown[]).length, 1)
})

test('who may only read sees no payloads', async () => {
  const { run, create, cases } = await platform()
  const { output } = await create({ cases })
  for (let i = 0; i < 5; i++) await turn()
  const { output: ended } = await run('getEvaluation', { id: String(output.id) }, { permissions: ['read'] })
  const report = ended.report as { readonly disagreements: readonly object[] }
  assert.deepEqual(report.disagreements, [{ distance: 1, call: 'call-2' }])
  assert.equal(ended.passed, undefined, 'nothing was required')
})

test('what is not there or does not fit is refused with its place, and nothing is asked', async () => {
  const { refusal, cases, evaluationRuns } = await platform()
  const table: readonly (readonly [object, RegExp])[] = [
    [{ cases, version: '3.0' }, /^unknown_version: spam@v1 has no version "3.0"; it has /],
    [{ cases, against: '3.0' }, /^unknown_version/],
    [{ cases, against: '1.1' }, /^conflict: spam@v1 1\.1 cannot be held against itself/],
    [{ cases, version: '1.0', against: 'current' }, /^conflict: /],
    [{ cases, model: 'spma' }, /^unknown_model/],
    [{ cases, major: 'v2' }, /^unknown_major/],
    [{}, /^invalid_input: Exactly one of cases, set and replay/],
    [{ cases, set: 'x' }, /^invalid_input: Exactly one/],
    [{ set: 'nothere' }, /^unknown_set: There is no set "nothere"/],
    [{ cases: [{ input: { txt: 'a' } }] }, /^invalid_input: \/cases\/0\/input/],
    [{ cases: [{ input: { text: 'a' }, expected: 'Spam' }] }, /^invalid_input: \/cases\/0\/expected is no label/],
    [
      { cases: [{ input: { text: 'a' }, expected: { lable: 'ham' } }] },
      /^invalid_input: \/cases\/0\/expected names what no answer has: "lable"/,
    ],
    [{ cases: [cases[1], cases[1]] }, /^invalid_input: \/cases\/1\/id stands there twice: "b"/],
    [{ cases, require: { acuracy: { min: 1 } } }, /^invalid_input: \/require\/acuracy/],
    [{ cases, require: { accuracy: { drop: 0 } } }, /^invalid_input: \/require\/accuracy\/drop has no other version/],
    [{ cases, require: { errors: { max: 5 } } }, /^invalid_input: \/require\/errors\/max must be a share from 0 to 1/],
    [{ cases, require: { accuracy: { min: 95 } } }, /^invalid_input: \/require\/accuracy\/min must be a share/],
    [{ cases, require: { accuracy: {} } }, /^invalid_input: \/require\/accuracy needs one of/],
    [{ replay: { since: '1d' }, against: '1.0' }, /^invalid_input: A replay is held against what was answered then/],
    [{ replay: { since: 'soon' } }, /^invalid_input: replay\/since/],
    [{ replay: { since: '1d' } }, /^conflict: No call of spam@v1 was captured/],
  ]
  for (const [over, expected] of table) assert.match(await refusal(over), expected)
  assert.deepEqual(evaluationRuns, [])
})

test('a key that may not call models evaluates none', async () => {
  const { run, cases, evaluationRuns } = await platform()
  const wanted = { model: 'spam', version: '1.1', cases }
  await assert.rejects(run('createEvaluation', wanted, { permissions: ['operate'] }), { code: 'forbidden' })
  assert.deepEqual(evaluationRuns, [])
  const { output } = await run('createEvaluation', wanted, { permissions: ['operate', 'infer'] })
  assert.equal(output.status, 'queued')
})

test('a key that is bound to other models sees and changes none', async () => {
  const { run, create, cases } = await platform()
  const { output } = await create({ cases })
  const id = String(output.id)
  for (let i = 0; i < 5; i++) await turn()
  const bound = { models: ['digits'] }
  for (const [name, input] of [
    ['createEvaluation', { model: 'spam', version: '1.1', cases }],
    ['getEvaluation', { id }],
    ['cancelEvaluation', { id }],
    ['deleteEvaluation', { id }],
  ] as const) {
    await assert.rejects(run(name, input, bound), { code: 'model_forbidden' }, name)
  }
  assert.deepEqual((await run('listEvaluations', {}, bound)).output.evaluations, [])
  const theirs = await run('listEvaluations', { limit: 1 }, { models: ['spam'] })
  assert.equal((theirs.output.evaluations as unknown[]).length, 1)
})

test('an evaluation is deleted', async () => {
  const { run, create, cases } = await platform()
  const id = String((await create({ cases })).output.id)
  await assert.rejects(run('deleteEvaluation', { id }), { code: 'conflict' })
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual((await run('deleteEvaluation', { id })).output, { id, model: 'spam', version: '1.1' })
  await assert.rejects(run('getEvaluation', { id }), { code: 'unknown_evaluation' })
})

test('one that is not known is told so', async () => {
  const { run } = await platform()
  await assert.rejects(run('getEvaluation', { id: 'x' }), { code: 'unknown_evaluation' })
  await assert.rejects(run('cancelEvaluation', { id: 'x' }), { code: 'unknown_evaluation' })
})

test('the audit log keeps what was asked for, without the cases', async () => {
  const { operations, cases } = await platform()
  const operation = operations.find(({ name }) => name === 'createEvaluation')
  const entry = operation?.audit?.({ model: 'spam', version: '1.1', cases } as never)
  assert.deepEqual(entry, { model: 'spam', version: '1.1', cases: 2 })
})
