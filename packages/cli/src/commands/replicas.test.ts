import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const contract = (major: string, ...ids: string[]) => ({ major, task: 'custom', versions: ids.map((id) => ({ id })) })
const contracts = [contract('v1', '1.0', '1.1'), contract('v2', '2.0')]
const deployments = { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts }] }
const since = '2026-11-22T12:00:00.000Z'
const replica = {
  source: 'http://a:1',
  address: 'http://a:1',
  state: 'ready',
  since,
  inFlight: 2,
  attempts: 9,
  failures: 0,
}
const named = { ...replica, address: 'http://10.0.0.1:1', source: 'dns+http://m:1', latencyMs: 3.5 }
const replicas = {
  revision: 7,
  versions: [
    { version: '1.0', replicas: [replica], unresolved: [] },
    {
      version: '1.1',
      replicas: [{ ...named, state: 'down', reason: 'connect ECONNREFUSED' }],
      unresolved: [{ name: 'dns+http://n:1', reason: 'n resolves to no address' }],
    },
  ],
}
const at = '/api/v1/models/spam/v1/versions/1.1/replicas'
const set = (revision: number) => ({ body: { revision, replicas: ['http://a:1', 'http://b:1'] } })
const replies = {
  'GET /api/v1/deployments': { body: deployments },
  'GET /api/v1/models/spam/v1/replicas': { body: replicas },
  'GET /api/v1/models/spam/v2/replicas': { body: { revision: 7, versions: [] } },
  [`POST ${at}`]: set(8),
  [`DELETE ${at}`]: set(7),
}

test('replicas lists who serves a model, with the state, its reason and the load of each', async (context) => {
  const { run } = await fakeGateway(context, replies)
  const { code, out, notes } = await run(['replicas', 'spam'])
  assert.equal(code, 0)
  assert.equal(
    out,
    `VERSION  REPLICA            STATE  SINCE                IN FLIGHT  ATTEMPTS  FAILURES  MEAN MS  FROM            REASON
1.0      http://a:1         ready  2026-11-22 12:00:00          2         9         0
1.1      http://10.0.0.1:1  down   2026-11-22 12:00:00          2         9         0      3.5  dns+http://m:1  connect ECONNREFUSED
`,
  )
  assert.equal(notes, 'dns+http://n:1: n resolves to no address\n')
  const one = await run(['replicas', 'spam', '--version', '1.0'])
  assert.deepEqual([one.out.split('\n').length, one.notes], [3, ''])
  assert.equal((await run(['replicas', 'list', 'spam'])).out, out)
  assert.match((await run(['replicas', 'spam@v2'])).notes, /^spam v2 has no replicas/)
  assert.deepEqual(JSON.parse((await run(['replicas', 'spam', '--json'])).out), replicas)
})

test('replicas add and remove change a version against the revision that was read', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const added = await run(['replicas', 'add', 'spam', '1.1', 'http://b:1'])
  assert.deepEqual([added.code, added.out], [0, 'http://a:1\nhttp://b:1\n'])
  assert.match(added.notes, /^Added to spam@v1 1\.1: revision 8\.\n.*export/)
  assert.equal(asked[1]?.request, `POST ${at}`)
  assert.equal(asked[1]?.headers['if-match'], '"7"')
  assert.deepEqual(asked[1]?.body, { address: 'http://b:1' })
  const removed = await run(['replicas', 'remove', 'spam', '1.1', 'http://c:1'])
  assert.deepEqual([removed.code, removed.notes], [0, 'http://c:1 was not there; nothing was changed.\n'])
  assert.equal(asked[3]?.request, `DELETE ${at}?address=http%3A%2F%2Fc%3A1`)
  assert.equal(asked[3]?.headers['if-match'], '"7"')
  const json = await run(['replicas', 'add', 'spam', '1.1', 'http://b:1', '--json'])
  assert.deepEqual(JSON.parse(json.out), set(8).body)
})

test('1 for a model, major or version that is not there, 2 for a command line that is wrong', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  for (const [argv, code, said] of [
    [['span'], 1, /no model "span".*astraapi models/],
    [['spam', '--version', '9'], 1, /spam v1 has no version 9\. It has 1\.0, 1\.1\./],
    [['add', 'spam', '1.1', 'http://b:1', '--major', 'v3'], 1, /spam has no v3\. It has v1, v2\./],
    [['add', 'spam', '1.1'], 2, /missing required argument 'address'/],
    [[], 2, /missing required argument 'model'/],
    [['spam', '--major', 'x'], 2, /"x" is no major/],
  ] as const) {
    const answer = await run(['replicas', ...argv])
    assert.match(answer.notes, said)
    assert.equal(answer.code, code)
  }
  assert.ok(asked.every(({ request }) => request.startsWith('GET')))
})
