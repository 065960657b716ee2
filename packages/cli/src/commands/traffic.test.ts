import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const contract = (major: string, versions: object[]) => ({ major, task: 'custom', versions })
const deployments = {
  revision: 7,
  models: [
    {
      name: 'spam',
      defaultMajor: 'v2',
      contracts: [
        contract('v1', [{ id: '1.0', share: 1 }]),
        contract('v2', [
          { id: '2.0', share: 0.995 },
          { id: '2.1', share: 0.005 },
        ]),
      ],
    },
  ],
}
const set = { revision: 8, weights: { '2.0': 3, '2.1': 1 } }
const replies = {
  'GET /api/v1/deployments': { body: deployments },
  'PUT /api/v1/models/spam/v2/traffic': { body: set },
}

test('traffic shows the split of the default major, or of another', async (context) => {
  const { run } = await fakeGateway(context, replies)
  const { code, out } = await run(['traffic', 'spam'])
  assert.deepEqual([code, out], [0, 'VERSION  TRAFFIC\n2.0      99.5%\n2.1      0.5%\n'])
  assert.equal((await run(['traffic', 'spam@v1'])).out, 'VERSION  TRAFFIC\n1.0      100%\n')
  assert.deepEqual(JSON.parse((await run(['traffic', 'spam', '--json'])).out), deployments)
})

test('traffic tells which experiment sets it', async (context) => {
  const held = { ...contract('v1', [{ id: '1.0', share: 1 }]), experiment: { name: 'spam-1-1', status: 'running' } }
  const body = { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts: [held] }] }
  const { run } = await fakeGateway(context, { 'GET /api/v1/deployments': { body } })
  assert.equal(
    (await run(['traffic', 'spam'])).out,
    'VERSION  TRAFFIC\n1.0      100%\nIt is held by experiment spam-1-1 (running), which sets these parts until it ends.\n',
  )
})

test('traffic sets weights against the revision that it read', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const { code, out, notes } = await run(['traffic', 'spam', '2.0=3', '2.1=1'])
  assert.deepEqual([code, out], [0, 'VERSION  TRAFFIC\n2.0      75%\n2.1      25%\n'])
  assert.equal(notes, 'Set for spam@v2: revision 8.\n')
  assert.equal(asked[1]?.request, 'PUT /api/v1/models/spam/v2/traffic')
  assert.equal(asked[1]?.headers['if-match'], '"7"')
  assert.deepEqual(asked[1]?.body, { weights: { '2.0': 3, '2.1': 1 } })
  assert.deepEqual(JSON.parse((await run(['traffic', 'spam', '2.0=3', '--json'])).out), set)
})

test('traffic shows and sets what helps where a version is slow or fails', async (context) => {
  const help = { fallback: ['1.0', '1.1'], hedge: { afterMs: 800, share: 0.05 } }
  const helped = { ...contract('v1', [{ id: '1.0', share: 1 }]), ...help }
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/deployments': {
      body: { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts: [helped] }] },
    },
    'PUT /api/v1/models/spam/v1/traffic': { body: { revision: 8, weights: { '1.0': 1 }, ...help } },
  })
  const shown =
    'VERSION  TRAFFIC\n1.0      100%\nFalls back on: 1.0, 1.1\nHedged: after 800 ms, at most 5% of the calls\n'
  assert.equal((await run(['traffic', 'spam'])).out, shown)
  assert.equal((await run(['traffic', 'spam', '--fallback', '1.0,1.1', '--hedge', '800ms,5%'])).out, shown)
  await run(['traffic', 'spam', '1.0=1', '--fallback', 'none', '--hedge', 'none'])
  await run(['traffic', 'spam', '--hedge', '2s,100%'])
  const sent = asked.filter(({ request }) => request.startsWith('PUT')).map(({ body }) => body)
  assert.deepEqual(sent, [
    help,
    { weights: { '1.0': 1 }, fallback: [], hedge: { afterMs: 1, share: 0 } },
    { hedge: { afterMs: 2000, share: 1 } },
  ])
  const refused = await run(['traffic', 'spam', '--hedge', '5%'])
  assert.equal(refused.code, 2)
  assert.match(refused.notes, /"5%" is no hedge\. Give it like 800ms,5%\./)
})

test('traffic shows and sets rules and the shadow', async (context) => {
  const rules = [{ version: '1.1', when: { teams: ['mail'], tags: { stage: 'beta' } } }]
  const steering = { rules, shadow: { version: '1.1', share: 0.1, compare: { measure: 'json', ignore: ['/at'] } } }
  const steered = { ...contract('v1', [{ id: '1.0', share: 1 }]), ...steering }
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/deployments': {
      body: { revision: 7, models: [{ name: 'spam', defaultMajor: 'v1', contracts: [steered] }] },
    },
    'PUT /api/v1/models/spam/v1/traffic': { body: { revision: 8, weights: { '1.0': 1 }, ...steering } },
  })
  const shown = `VERSION  TRAFFIC
1.0      100%
Rule: 1.1 for teams mail, tags stage=beta
Shadow: 10% to 1.1, compared by json, without /at
`
  assert.equal((await run(['traffic', 'spam'])).out, shown)
  const stdin = '- {version: "1.1", when: {teams: mail, tags: {stage: beta}}}\n'
  assert.equal((await run(['traffic', 'spam', '--rules', '-', '--shadow', '1.1=10%'], { stdin })).out, shown)
  await run(['traffic', 'spam', '--rules', 'none', '--shadow', 'none'])
  await run(['traffic', 'spam', '--shadow', '1.1=0.1'])
  assert.deepEqual(
    asked.filter(({ request }) => request.startsWith('PUT')).map(({ body }) => body),
    [
      { rules, shadow: { version: '1.1', share: 0.1 } },
      { rules: [], shadow: { version: '', share: 0 } },
      { shadow: { version: '1.1', share: 0.1 } },
    ],
  )
  for (const [argv, said] of [
    [['--shadow', '1.1'], /"1\.1" is no shadow\. Give it like 1\.1=10% or 1\.1=0\.1\./],
    [['--rules', 'no/such/file'], /cannot be read/],
    [['--rules', '-'], /holds no list of rules/],
  ] as const) {
    const refused = await run(['traffic', 'spam', ...argv], { stdin: 'version: "1.1"\n' })
    assert.equal(refused.code, 2)
    assert.match(refused.notes, said)
  }
})

test('1 for a model or major that is not there, 2 for weights that are none; nothing is set', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  for (const [argv, code, said] of [
    [['span', '2.0=1'], 1, /no model "span".*astraapi models/],
    [['spam', '2.0=1', '--major', 'v3'], 1, /spam has no v3\. It has v1, v2\./],
    [['spam', '2.0'], 2, /"2\.0" is no weight/],
    [['spam', '2.0=1', '2.0=2'], 2, /named twice/],
    [['spam', '--major', 'x'], 2, /"x" is no major/],
  ] as const) {
    const answer = await run(['traffic', ...argv])
    assert.equal(answer.code, code)
    assert.match(answer.notes, said)
  }
  assert.equal(
    asked.some(({ request }) => request.startsWith('PUT')),
    false,
  )
})
