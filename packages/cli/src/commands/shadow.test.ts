import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const shadow = { version: '1.1', share: 0.1, compare: { measure: 'text', tolerance: 0.2, ignore: ['/at'] } }
const contracts = [{ major: 'v1', task: 'custom', versions: [{ id: '1.0', share: 1 }], shadow }]
const deployments = { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts }] }
const disagreement = {
  ...{ call: 'c1', copy: 'c2', served: '1.0', shadow: '1.1', time: '2026-11-23T10:00:00.000Z' },
  ...{ measure: 'text', distance: 0.28571 },
}
const seen = {
  ...{ served: '1.0', shadow: '1.1', answered: 40, compared: 39, agreed: 38, measures: { text: 39 } },
  ...{ skipped: { form: 1 }, failed: { timeout: 2 }, dropped: { full: 4, limits: 1 } },
  agreement: { share: 0.974, lower: 0.85, upper: 0.998 },
  distance: { mean: 0.01234, deviation: 0.1 },
  ofServed: { latencyMeanMs: 12.34, costUsd: 0.5, unpriced: 0 },
  ofShadow: { latencyMeanMs: 20, costUsd: 0, unpriced: 40 },
}
const unseen = {
  ...{ served: '0.9', shadow: '1.1', answered: 0, compared: 0, agreed: 0, measures: {}, skipped: {} },
  ...{ failed: { timeout: 5 }, dropped: {} },
}
const report = (over: object) => ({ model: 'spam', major: 'v1', shadow, pairs: [], disagreements: [], ...over })
const replies = (over: object) => ({
  'GET /api/v1/deployments': { body: deployments },
  'GET /api/v1/models/spam/v1/shadow': { body: report(over) },
})

test('shadow shows how the versions compare, and what was not compared', async (context) => {
  const found = { pairs: [seen, unseen], disagreements: Array.from({ length: 12 }, () => disagreement) }
  const { run } = await fakeGateway(context, replies(found))
  const { code, out, notes } = await run(['shadow', 'spam'])
  const [first, heading, one, other, ...rest] = out.split('\n')
  assert.equal(code, 0)
  assert.equal(first, 'spam@v1 copies 10% to 1.1, compared by text, alike up to 0.2, without /at')
  assert.equal(heading, 'SERVED  SHADOW  ANSWERED  COMPARED  AGREE  95% INTERVAL  DISTANCE  LATENCY, MS  COST')
  assert.equal(
    one,
    '1.0     1.1           40        39  97.4%  85% to 99.8%    0.0123  12.3 | 20    $0.5 | 40 calls unpriced',
  )
  assert.equal(other, '0.9     1.1            0         0')
  assert.deepEqual(rest.slice(0, 7), [
    '1.0 | 1.1, compared by: text 39',
    '1.0 | 1.1, answered and not compared: form 1',
    '1.0 | 1.1, not answered: timeout 2',
    '1.0 | 1.1, not copied: full 4, limits 1',
    '0.9 | 1.1, not answered: timeout 5',
    '',
    'They disagreed last on:',
  ])
  assert.equal(rest[8], '2026-11-23 10:00:00  c1    c2    1.0     1.1     text        0.286')
  assert.equal(rest.filter((line) => line.includes('c1')).length, 10)
  assert.match(notes, /2 more disagreements: --json/)
  assert.match(notes, /What became of a call: astraapi explain c1; what both said is not kept/)
  assert.deepEqual(JSON.parse((await run(['shadow', 'spam', '--json'])).out), report(found))
})

test('shadow says how to begin where there is none, and that nothing was copied yet', async (context) => {
  const waiting = await fakeGateway(context, replies({}))
  assert.match((await waiting.run(['shadow', 'spam'])).notes, /No call was copied yet\./)
  const without = await fakeGateway(context, replies({ shadow: undefined }))
  const { out, notes } = await without.run(['shadow', 'spam@v1'])
  assert.equal(out, '')
  assert.match(notes, /has no shadow\. Try: astraapi traffic spam --major v1 --shadow VERSION=10%/)
})

test('shadow says where a contract that captures keeps what was said', async (context) => {
  const capture = { payload: 'redacted', share: 1, keepMs: 1 }
  const capturing = {
    ...deployments,
    models: [{ ...deployments.models[0], contracts: [{ ...contracts[0], capture }] }],
  }
  const found = { pairs: [seen], disagreements: [disagreement] }
  const { run } = await fakeGateway(context, { ...replies(found), 'GET /api/v1/deployments': { body: capturing } })
  assert.match((await run(['shadow', 'spam'])).notes, /astraapi explain c1; .*: astraapi calls payload c1/)
})
