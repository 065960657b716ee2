import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spamCatalog } from '../evaluations/testing/asked-world.ts'
import { fakePlatform } from './fake-platform.ts'

const bound = { id: 'key_bound', models: ['digits'] }
const contract = { model: 'spam', major: 'v1' }

test('a key that is bound to other models gets no report of a model', async () => {
  const { run } = await fakePlatform()
  for (const name of ['getDrift', 'getJudgeReport', 'getShadowReport']) {
    await assert.rejects(run(name, contract, bound), { code: 'model_forbidden' }, name)
    await run(name, contract, { models: ['spam'] })
  }
})

test('a key that is bound to other models sees and changes no experiment of a model', async () => {
  const { run, asked } = await fakePlatform()
  const name = 'spam-1-1'
  const declared = { name: 'another', model: 'spam@v1', candidates: ['1.1'], metrics: ['correct'] }
  for (const [operation, input] of [
    ['createExperiment', declared],
    ['updateExperiment', { name, description: 'x' }],
    ['deleteExperiment', { name }],
    ['pauseExperiment', { name, reason: 'x' }],
    ['promoteExperiment', { name }],
    ['getExperiment', { name }],
    ['getExperimentReport', { name }],
  ] as const) {
    await assert.rejects(run(operation, input, bound, '*'), { code: 'model_forbidden' }, operation)
  }
  // Nor does it move one that it may see to a model that it may not.
  await assert.rejects(run('updateExperiment', { name, model: 'digits' }, { models: ['spam'] }, '*'), {
    code: 'model_forbidden',
  })
  assert.equal(asked.experiment, undefined)
  assert.deepEqual((await run('listExperiments', {}, bound)).output.experiments, [])
  await run('createExperiment', declared, { models: ['spam'] }, '*')
})

test('a bound key has the sets that it put itself, and those that gates of its models are on', async () => {
  const { run, ports } = await fakePlatform()
  const cases = [{ input: { text: 'a' } }]
  await run('putCaseSet', { name: 'theirs', cases })
  const forbidden = { code: 'forbidden' }
  await assert.rejects(run('getCaseSet', { name: 'theirs' }, bound), forbidden)
  await assert.rejects(run('putCaseSet', { name: 'theirs', cases }, bound), forbidden)
  await assert.rejects(run('deleteCaseSet', { name: 'theirs' }, bound), forbidden)
  await run('putCaseSet', { name: 'own', cases }, bound)
  await run('getCaseSet', { name: 'own' }, bound)
  const names = async (by: object) =>
    ((await run('listCaseSets', {}, by)).output.sets as { readonly name: string }[]).map(({ name }) => name)
  assert.deepEqual(await names(bound), ['own'])
  await run('deleteCaseSet', { name: 'own' }, bound)

  const state = structuredClone(spamCatalog.state)
  const { spam } = state.models
  assert.ok(spam)
  const gates = [{ data: 'theirs', require: {} }]
  const contracts = Object.fromEntries(Object.entries(spam.contracts).map(([major, one]) => [major, { ...one, gates }]))
  const current = () => ({ ...spamCatalog, state: { ...state, models: { spam: { ...spam, contracts } } } })
  Object.assign(ports.catalogControl, { current })
  assert.deepEqual(await names({ ...bound, models: ['spam'] }), ['theirs'])
  await run('putCaseSet', { name: 'theirs', cases: [...cases, ...cases] }, { models: ['spam'] })
  assert.deepEqual(await names(bound), [])
})

test('an evaluation asks no cases that its key may not read', async () => {
  const { run, ports, evaluationRuns } = await fakePlatform()
  Object.assign(ports.catalogControl, { current: () => spamCatalog })
  await run('putCaseSet', { name: 'theirs', cases: [{ input: { text: 'a' } }] })
  const wanted = { model: 'spam', version: '1.1', set: 'theirs' }
  await assert.rejects(run('createEvaluation', wanted, { ...bound, models: ['spam'] }), { code: 'forbidden' })
  assert.deepEqual(evaluationRuns, [])
})
