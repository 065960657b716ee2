import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const payload = {
  id: 'call-1',
  time: '2026-11-22T12:00:00.000Z',
  model: 'spam',
  major: 'v1',
  version: '1.1',
  redacted: true,
  keptUntil: '2026-12-22T12:00:00.000Z',
  inputs: [{ text: 'from [e-mail]' }, { text: 'b' }, { text: 'c' }],
  outputs: [{ output: { label: 'ham' } }, { error: 'upstream_failed' }, { text: 'all it said' }],
}

test('calls payload shows what was asked and answered, item by item', async (context) => {
  const { run } = await fakeGateway(context, { 'GET /api/v1/calls/call-1/payload': { body: payload } })
  const { code, out } = await run(['calls', 'payload', 'call-1'])
  assert.equal(code, 0)
  assert.deepEqual(out.split('\n').slice(0, -1), [
    '2026-11-22 12:00:00  spam@v1 1.1, kept redacted until 2026-12-22 12:00:00',
    'asked     {"text":"from [e-mail]"}',
    'answered  {"label":"ham"}',
    'asked     {"text":"b"}',
    'failed    upstream_failed',
    'asked     {"text":"c"}',
    'answered  all it said',
  ])
})

test('calls forget asks first, and says how many went', async (context) => {
  const { run, asked } = await fakeGateway(context, { 'DELETE /api/v1/payloads': { body: { deleted: 1 } } })
  const refused = await run(['calls', 'forget', 'spam@v1', '--before', '7d'])
  assert.equal(refused.code, 1)
  assert.match(refused.notes, /All payloads of spam@v1 before 7d will be deleted for good\. .* give --yes/)
  assert.equal(asked.length, 0)
  const { out } = await run(['calls', 'forget', 'spam@v1', '--before', '7d', '--yes'])
  assert.equal(out, '1 payload deleted.\n')
  assert.equal(asked[0]?.request, 'DELETE /api/v1/payloads?model=spam&major=v1&before=7d')
})

test('models says whose payloads are kept', async (context) => {
  const version = { id: '1.0', backend: 'echo', immutable: true, share: 1, retired: false }
  const capture = { payload: 'redacted', share: 0.1, keepMs: 86_400_000 }
  const contracts = [{ major: 'v1', task: 'custom', versions: [version, { ...version, id: '0.9', share: 0 }], capture }]
  const models = [{ name: 'spam', owner: 'mail', defaultMajor: 'v1', allowed: true, contracts }]
  const { run } = await fakeGateway(context, { 'GET /api/v1/deployments': { body: { models } } })
  const [, served = '', unserved = ''] = (await run(['models'])).out.split('\n')
  assert.match(served, /payloads kept of 10%, redacted$/)
  assert.doesNotMatch(unserved, /kept/)
})
