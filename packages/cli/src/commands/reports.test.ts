import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

test('models tells how many replicas are ready, and of the others why they are not', async (context) => {
  const version = { backend: 'oip', immutable: true, share: 0.5, retired: false }
  const down = { address: 'http://b:1', state: 'down', reason: 'connect ECONNREFUSED' }
  const versions = [
    { ...version, id: '1.0', replicas: [{ address: 'http://a:1', state: 'ready' }, down] },
    { ...version, id: '1.1', backend: 'echo', replicas: [] },
  ]
  const contracts = [{ major: 'v1', task: 'custom', versions }]
  const body = { models: [{ name: 'spam', owner: 'mail', defaultMajor: 'v1', allowed: true, contracts }] }
  const { run } = await fakeGateway(context, { 'GET /api/v1/deployments': { body } })
  assert.equal(
    (await run(['models'])).out,
    `MODEL  MAJOR  VERSION  TRAFFIC  TASK    BACKEND  REPLICAS   OWNER
spam   v1     1.0      50%      custom  oip      1/2 ready  mail
  http://b:1 is down: connect ECONNREFUSED
spam   v1     1.1      50%      custom  echo                mail
`,
  )
})

test('models counts the replicas that take calls, those that are warming too', async (context) => {
  const version = { backend: 'oip', immutable: true, share: 0.5, retired: false }
  const [ready, warming] = ['ready', 'warming'].map((state) => ({ address: `http://${state}:1`, state, reason: 'r' }))
  const versions = [
    { ...version, id: '1.0', replicas: [warming] },
    { ...version, id: '1.1', replicas: [ready, warming] },
  ]
  const contracts = [{ major: 'v1', task: 'custom', versions }]
  const body = { models: [{ name: 'spam', owner: 'mail', defaultMajor: 'v1', allowed: true, contracts }] }
  const { run } = await fakeGateway(context, { 'GET /api/v1/deployments': { body } })
  assert.equal(
    (await run(['models'])).out,
    `MODEL  MAJOR  VERSION  TRAFFIC  TASK    BACKEND  REPLICAS              OWNER
spam   v1     1.0      50%      custom  oip      1/1 ready, 1 warming  mail
spam   v1     1.1      50%      custom  oip      2/2 ready, 1 warming  mail
`,
  )
})

test('models shows a version a line, with its part of the traffic', async (context) => {
  const version = { id: '1.0', backend: 'oip', immutable: true, share: 0.125, retired: false }
  const body = {
    models: [
      {
        name: 'spam',
        owner: 'mail',
        defaultMajor: 'v1',
        allowed: false,
        contracts: [
          {
            major: 'v1',
            task: 'classification',
            fallback: ['1.0'],
            experiment: { name: 'spam-1-1', status: 'paused' },
            versions: [version, { ...version, id: '0.9', share: 0, retired: true, successor: '1.0' }],
          },
        ],
      },
    ],
  }
  const { run } = await fakeGateway(context, { 'GET /api/v1/deployments': { body } })
  assert.equal(
    (await run(['models'])).out,
    `MODEL  MAJOR  VERSION  TRAFFIC  TASK            BACKEND  OWNER  NOTES
spam   v1     1.0      12.5%    classification  oip      mail   fallback 1, held by experiment spam-1-1 (paused), not for this key
spam   v1     0.9      0%       classification  oip      mail   retired, call 1.0, not for this key
`,
  )
})

const call = {
  id: 'call-1',
  time: '2026-11-22T12:00:00.123Z',
  door: 'native',
  consumer: 'demo',
  model: 'spam',
  major: 1,
  versionAssigned: '1.1',
  outcome: 'failed',
  code: 'timeout',
  latencyMs: 30.04,
  usageEstimated: false,
  unpriced: true,
}

test('calls hands its filters on, and says how to go on', async (context) => {
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/calls': { body: { calls: [call], next: 'call-1' } },
  })
  const { out, notes } = await run(['calls', '--model', 'spam', '--version', '1.1', '--since', '1h', '--limit', '1'])
  assert.equal(asked[0]?.request, 'GET /api/v1/calls?model=spam&version=1.1&since=1h&limit=1')
  assert.equal(
    out,
    `TIME                 MODEL    VERSION  CONSUMER  DOOR    OUTCOME          MS  COST      CALL
2026-11-22 12:00:00  spam v1  1.1      demo      native  failed: timeout  30  unpriced  call-1
`,
  )
  assert.equal(notes, 'There are more: --before call-1\n')
})

test('calls tell what each cost: unpriced where nobody knows, about so much where tokens were estimated', async (context) => {
  const { code: _, ...ok } = { ...call, outcome: 'ok', unpriced: false }
  const calls = [
    { ...ok, costUsd: 0.0123 },
    { ...ok, costUsd: 0.5, usageEstimated: true },
    { ...ok, unpriced: true },
    { ...ok, costUsd: 0.5, unpriced: true },
    { ...ok, outcome: 'refused' },
  ]
  const { run } = await fakeGateway(context, { 'GET /api/v1/calls': { body: { calls } } })
  const costs = (await run(['calls'])).out.split('\n').map((line) => line.slice(70, 85).trim())
  assert.deepEqual(costs, ['COST', '$0.0123', '~$0.5', 'unpriced', '$0.5 + unpriced', '', ''])
})

test('calls tell what the cache did, where it did something for any', async (context) => {
  const of = (cache: string) => ({ ...call, cache })
  const { run } = await fakeGateway(context, { 'GET /api/v1/calls': { body: { calls: [of('hit'), of('miss')] } } })
  const [head = '', hit = '', miss = ''] = (await run(['calls'])).out.split('\n')
  const at = head.indexOf('CACHE')
  assert.deepEqual([hit.slice(at, at + 5).trim(), miss.slice(at, at + 5).trim()], ['hit', ''])
})

test('explain tells why, what helps, how the limit stands now, and the story', async (context) => {
  const story = ['12:00:00.123 received.', 'Assigned to 1.1.']
  const body = { why: 'It was refused.', next: 'Repeat later.', now: { kind: 'requests', remaining: 3.94 }, story }
  const { run } = await fakeGateway(context, { 'GET /api/v1/calls/call-1/explain': { body } })
  const told =
    'It was refused.\nRepeat later.\nOf that limit 3 are left now.\n\n12:00:00.123 received.\nAssigned to 1.1.\n'
  assert.equal((await run(['explain', 'call-1'])).out, told)
})

test('explain with a key that only infers, which is told no story, ends with what helps', async (context) => {
  const body = { why: 'It was refused.', next: 'Repeat later.', story: [] }
  const { run } = await fakeGateway(context, { 'GET /api/v1/calls/call-1/explain': { body } })
  assert.equal((await run(['explain', 'call-1'])).out, 'It was refused.\nRepeat later.\n')
})

const time = '2026-11-22T12:00:00.000Z'
const counts = {
  ...{ calls: 12, failed: 1, items: 12, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0 },
  ...{ latencyMeanMs: 1.26, latencyP50Ms: 1, latencyP95Ms: 3, latencyP99Ms: 3 },
}
const usageOf = (...rows: object[]) => ({ body: { from: time, to: time, rows } })

test('usage shows what it is split by, the refusals among it, and no tokens where there are none', async (context) => {
  const row = { time, by: { model: 'spam', code: '' }, ...counts, costUsd: 1.239, unpriced: 3 }
  const other = { ...row, by: { model: 'digits', code: '' }, costUsd: 0, unpriced: 12 }
  const split = (outcome: string, calls: number) => ({ ...row, by: { outcome, ...row.by }, calls })
  const second = `GET /api/v1/usage?${new URLSearchParams({ since: time, until: time, by: 'model,code,outcome', every: '1h' })}`
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/usage': usageOf(row, other),
    [second]: usageOf(split('ok', 9), split('refused', 3)),
  })
  const { out } = await run(['usage', '--by', 'model,code', '--since', '1d', '--every', '1h'])
  assert.equal(asked[0]?.request, 'GET /api/v1/usage?since=1d&by=model%2Ccode&every=1h')
  assert.equal(
    out,
    `TIME                 MODEL   CODE  CALLS  REFUSED  FAILED  ITEMS  COST                      MEAN MS  P50 MS  P95 MS  P99 MS
2026-11-22 12:00:00  spam    -        12        3       1     12  $1.24 + 3 calls unpriced      1.3       1       3       3
2026-11-22 12:00:00  digits  -        12        0       1     12  12 calls unpriced             1.3       1       3       3
`,
  )
})

test('usage tells the tokens of prompt caches apart where there are any', async (context) => {
  const row = { time, by: { outcome: 'ok' }, ...counts, inputTokens: 90, outputTokens: 7 }
  const read = { ...row, cachedInputTokens: 40 }
  const tokensOf = async (...rows: readonly object[]) => {
    const { run } = await fakeGateway(context, { 'GET /api/v1/usage': usageOf(...rows) })
    const [heading = '', ...lines] = (await run(['usage', '--by', 'outcome'])).out.split('\n')
    const [from, to] = [heading.indexOf('TOKENS IN'), heading.indexOf('  COST')]
    return [heading, ...lines].map((line) => line.slice(from, to).trim().replace(/ +/g, ' '))
  }
  assert.deepEqual(await tokensOf(row, read), ['TOKENS IN CACHED TOKENS OUT', '90 0 7', '90 40 7', ''])
  assert.deepEqual(await tokensOf(row, { ...read, cacheWriteInputTokens: 30 }), [
    'TOKENS IN CACHED CACHE WRITES TOKENS OUT',
    '90 0 0 7',
    '90 40 30 7',
    '',
  ])
})

test('usage asks once where the outcome is split by already, and goes without refusals that are not told', async (context) => {
  const row = { time, by: { outcome: 'ok' }, ...counts, inputTokens: 5 }
  const { run, asked } = await fakeGateway(context, {
    'GET /api/v1/usage?by=outcome': usageOf(row),
    'GET /api/v1/usage?by=model': usageOf({ ...row, by: { model: 'spam' } }),
  })
  const heading = 'CALLS  FAILED  ITEMS  TOKENS IN  TOKENS OUT  COST  MEAN MS'
  assert.ok((await run(['usage', '--by', 'outcome'])).out.startsWith(`OUTCOME  ${heading}`))
  assert.equal(asked.length, 1)
  const { code, out } = await run(['usage', '--by', 'model'])
  assert.equal(code, 0)
  assert.ok(out.startsWith(`MODEL  ${heading}`))
  assert.equal(asked.length, 3)
})

test('status says how the gateway fares', async (context) => {
  const body = {
    version: '0.1.0',
    node: 'v26',
    startedAt: '2026-11-22T12:00:00.000Z',
    catalogRevision: 7,
    catalogAgeMs: 3,
    calls: { received: 3, recorded: 2, refused: 1 },
    accounting: { waiting: 0, written: 2, fault: 'disk full' },
    limits: { counters: 'redis', fault: 'connect ECONNREFUSED' },
    runtime: { state: 'ready', restarts: 1 },
    notServed: [{ version: 'spam@v1/1.0', reason: 'embedded is barred: serves other files' }],
    shadows: [{ contract: 'spam@v1', version: '1.1', share: 0.1 }],
  }
  const { run } = await fakeGateway(context, { 'GET /api/v1/status': { body } })
  assert.equal(
    (await run(['status'])).out,
    `gateway     0.1.0 (v26), since 2026-11-22 12:00:00 UTC
catalog     revision 7, known for 3 ms
calls       3 received, 2 recorded, 1 refused before their caller was known
accounting  2 written, 0 waiting; last fault: disk full
limits      counted in redis; NOT CHECKED: connect ECONNREFUSED
runtime     ready, restarts: 1
not served  spam@v1/1.0: embedded is barred: serves other files
shadow      spam@v1: 10% to 1.1
`,
  )
  const { limits, ...older } = body
  for (const [counters, said] of [
    ['redis', 'redis'],
    ['memory', 'memory, for this gateway alone'],
  ] as const) {
    const well = await fakeGateway(context, { 'GET /api/v1/status': { body: { ...older, limits: { counters } } } })
    assert.match((await well.run(['status'])).out, new RegExp(`^limits      counted in ${said}$`, 'm'))
  }
  const old = await fakeGateway(context, { 'GET /api/v1/status': { body: older } })
  assert.doesNotMatch((await old.run(['status'])).out, /limits/)
})

for (const command of [['models'], ['calls'], ['explain', 'x'], ['usage'], ['status'], ['keys', 'list'], ['export']]) {
  test(`${command.join(' ')} --json prints the answer as it came, and nothing else`, async (context) => {
    const body = '{"of":  "the operation"}'
    const paths = ['deployments', 'calls', 'calls/x/explain', 'usage', 'status', 'keys', 'manifest']
    const { run } = await fakeGateway(
      context,
      Object.fromEntries(paths.map((path) => [`GET /api/v1/${path}`, { body }])),
    )
    assert.deepEqual(await run([...command, '--json']), { code: 0, out: `${body}\n`, notes: '' })
  })
}
