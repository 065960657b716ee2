import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './fake-catalog.ts'
import { fakePlatform } from './fake-platform.ts'

test('the manifest comes with the revision as its ETag', async () => {
  const { output, etag } = await (await fakePlatform()).run('getManifest', {})
  assert.deepEqual([output, etag], [{ yaml: 'models: {}\n', revision: 7 }, '7'])
})

test('a plan hands on the manifest and its name', async () => {
  const { run, asked } = await fakePlatform()
  assert.equal((await run('planManifest', { yaml: 'x', file: 'astra.yaml' })).output.valid, true)
  assert.deepEqual(asked.plan, ['x', 'astra.yaml', undefined])
  const sets = [{ name: 'heldout.jsonl', digest: 'sha256:1', cases: 2, expected: 1 }]
  await run('planManifest', { yaml: 'x', sets })
  assert.deepEqual(asked.plan, ['x', undefined, sets])
})

test('plans and applies tell gates, and when they were passed', async () => {
  const { run, ports } = await fakePlatform()
  const gate = { contract: 'spam@v1', version: '1.2', data: 'heldout', cases: 9, require: 'errors at most 0 %' }
  const missed = { ...gate, missed: 2 }
  const passed = { ...missed, passed: { at: noon, words: 'errors 0 % is at most 0 %' } }
  const none = { openapiDiff: '', sdlDiff: '', notes: [], changes: [] }
  const { catalogControl } = ports
  catalogControl.plan = async () => ({ revision: 7, valid: true, faults: [], gates: [gate, missed, passed], ...none })
  catalogControl.apply = async () => ({ revision: 8, gates: [passed], ...none })
  const told = { ...missed, passed: { at: '2026-11-22T12:00:00.000Z', words: passed.passed.words } }
  assert.deepEqual((await run('planManifest', { yaml: 'x' })).output.gates, [gate, missed, told])
  const applied = (await run('applyManifest', { yaml: 'x' }, {}, '7')).output
  assert.deepEqual(applied, { revision: 8, changes: [], gates: [told] })
})

test('guarded writes hand on the precondition and who wrote, and give the new ETag', async () => {
  const { run, asked } = await fakePlatform()
  assert.equal((await run('applyManifest', { yaml: 'x' }, {}, '7')).etag, '8')
  const [signal, ...handed] = asked.apply?.toReversed() ?? []
  assert.deepEqual([handed.toReversed(), signal instanceof AbortSignal], [['x', undefined, ['7'], 'key_admin'], true])
  const weights = { '1.0': 90, '1.1': 10 }
  assert.equal((await run('setTraffic', { model: 'spam', major: 'v12', weights }, {}, '7')).etag, '8')
  assert.deepEqual(asked.traffic, ['spam', 12, { weights }, ['7'], 'key_admin'])
  const change = { weights, fallback: ['1.0'] }
  const { output } = await run('setTraffic', { model: 'spam', major: 'v1', ...change }, {}, '7')
  assert.deepEqual(output, { revision: 8, ...change })
  const hedge = { afterMs: 800, share: 0.05 }
  await run('setTraffic', { model: 'spam', major: 'v1', hedge }, {}, '7')
  assert.deepEqual(asked.traffic, ['spam', 1, { hedge }, ['7'], 'key_admin'])
})

test('rules and the shadow are set in the form in which the manifest has them', async () => {
  const { run, asked } = await fakePlatform()
  const when = { consumers: ['demo'], tags: { stage: 'beta' } }
  const change = {
    rules: [{ version: '1.0', when }],
    shadow: { version: '1.1', share: 0.2, compare: { measure: 'json', ignore: ['/score'] } },
  }
  const { output } = await run('setTraffic', { model: 'spam', major: 'v1', ...change }, {}, '7')
  assert.deepEqual(output, { revision: 8, weights: {}, fallback: [], ...change })
  const rules = [{ version: '1.0', ...when }]
  assert.deepEqual(asked.traffic, ['spam', 1, { ...change, rules }, ['7'], 'key_admin'])
})

test('428 without If-Match, and nothing is written', async () => {
  const { run, asked } = await fakePlatform()
  const refused = { code: 'precondition_required' }
  await assert.rejects(run('applyManifest', { yaml: 'x' }), refused)
  await assert.rejects(run('setTraffic', { model: 'spam', major: 'v1', weights: { '1.0': 1 } }), refused)
  assert.deepEqual(asked, {})
})
