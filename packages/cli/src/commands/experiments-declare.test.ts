import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

const path = '/api/v1/experiments/spam-1-1'
const row = { name: 'spam-1-1', revision: 8 }
const replies = {
  'GET /api/v1/experiments': { body: { experiments: [], revision: 7 } },
  'POST /api/v1/experiments': { body: row },
  [`GET ${path}`]: { body: { ...row, revision: 7, status: 'draft', origin: 'api' } },
  [`PUT ${path}`]: { body: row },
  [`DELETE ${path}`]: { body: row },
}
const words = (line: string) => line.split(' ')

test('what is declared goes to the gateway as the manifest would have it, against the revision that was read', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const { code, notes } = await run([
    ...words('experiments create spam-1-1 --model spam@v1 --candidate 1.1 1.2 --metric correct --control 1.0'),
    ...words('--share 1.0=2 1.1=1 1.2=1 --ramp 0.1:1h 1 --allocation thompson --every 30m --least 0.2'),
    ...['--guardrail', 'latency-p95=10 %', 'errors', '--rule', 'automatic', '--harm-alpha', '0.02', '--cached'],
  ])
  assert.equal(code, 0, notes)
  const sent = asked.at(-1)
  assert.deepEqual([sent?.request, sent?.headers['if-match']], ['POST /api/v1/experiments', '"7"'])
  assert.deepEqual(sent?.body, {
    ...{ name: 'spam-1-1', model: 'spam@v1', control: '1.0', candidates: ['1.1', '1.2'], metrics: ['correct'] },
    ...{ shares: { '1.0': 2, '1.1': 1, '1.2': 1 }, ramp: [{ coverage: 0.1, for: '1h' }, { coverage: 1 }] },
    allocation: { method: 'thompson', every: '30m', least: 0.2 },
    guardrails: [{ metric: 'latency-p95', margin: '10 %' }, { metric: 'errors' }],
    ...{ rule: 'automatic', harmAlpha: 0.02, cached: true },
  })
  assert.match(notes, /spam-1-1 is a draft: "astraapi experiments start spam-1-1" begins it\./)
})

test('an update sends what is to change, and nothing else', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  assert.equal((await run(words('experiments update spam-1-1 --rule automatic --maximal-duration 7d'))).code, 0)
  assert.deepEqual(asked.at(-1)?.body, { rule: 'automatic', maximalDuration: '7d' })
  const none = await run(words('experiments update spam-1-1'))
  assert.deepEqual([none.code, asked.length], [2, 2])
  const shares = '--coverage 10% --alpha 5% --allocation thompson --least 7% --ramp 1%:1h 100%'
  await run(words(`experiments update spam-1-1 ${shares}`))
  assert.deepEqual(asked.at(-1)?.body, {
    ...{ coverage: 0.1, alpha: 0.05, allocation: { method: 'thompson', least: 0.07 } },
    ramp: [{ coverage: 0.01, for: '1h' }, { coverage: 1 }],
  })
  const wrong = await run(words('experiments update spam-1-1 --coverage half'))
  assert.match(wrong.notes, /"half" is no number for coverage/)
})

test('a deletion has to be meant', async (context) => {
  const { run, asked } = await fakeGateway(context, replies)
  const asking = await run(words('experiments delete spam-1-1'))
  assert.deepEqual([asking.code, asked.length], [1, 1])
  assert.match(asking.notes, /Nothing was changed; give --yes/)
  assert.match((await run(words('experiments delete spam-1-1 --yes'))).notes, /spam-1-1 is deleted/)
  assert.deepEqual([asked.at(-1)?.request, asked.at(-1)?.headers['if-match']], [`DELETE ${path}`, '"7"'])
})

test('what cannot be deleted is not asked about', async (context) => {
  for (const [state, advice] of [
    [
      { status: 'running', origin: 'api' },
      /is running, and holds traffic\. Stop it first: astraapi experiments stop spam-1-1/,
    ],
    [{ status: 'stopped' }, /stands in the manifest\. Take it out there and apply that: then delete it\./],
    [{ status: 'draft' }, /stands in the manifest\. Take it out there and apply that: it is gone then\./],
  ] as const) {
    const { run, asked } = await fakeGateway(context, { ...replies, [`GET ${path}`]: { body: { ...row, ...state } } })
    for (const consent of ['', ' --yes']) {
      const { code, notes } = await run(words(`experiments delete spam-1-1${consent}`))
      assert.equal(code, 1)
      assert.match(notes, advice)
      assert.doesNotMatch(notes, /give --yes/)
    }
    assert.equal(asked.length, 2)
  }
})
