import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'

test('limits shows a bound a line, and what is left of it', async (context) => {
  const shop = { kind: 'consumer', name: 'shop' }
  const limits = [
    { owner: shop, kind: 'requests', limit: 100, windowMs: 60_000, remaining: 99, resetMs: 600 },
    { owner: shop, kind: 'budget-month', limit: 300, windowMs: 2_592_000_000, remaining: 12.5, resetMs: 950_400_000 },
    { owner: { kind: 'model', name: 'spam' }, kind: 'concurrent', limit: 50, remaining: 50, resetMs: 0 },
    { owner: shop, kind: 'tokens', limit: 30, burst: 1, windowMs: 3_600_000, remaining: 0.94, resetMs: 1 },
  ]
  const contract = { model: 'spam', major: 'v1', inFlightMax: 64, queueMax: 0, outputTokensMax: 100 }
  const { run, asked } = await fakeGateway(context, { 'GET /api/v1/limits': { body: { limits, contract } } })
  const { out } = await run(['limits', '--consumer', 'shop', '--model', 'spam'])
  assert.equal(asked[0]?.request, 'GET /api/v1/limits?consumer=shop&model=spam')
  assert.equal(
    out,
    `OWNER             KIND          LIMIT                                   LEFT      ALL AGAIN IN
consumer shop     requests      100 in 1m                               99        1s
consumer shop     budget-month  USD 300                                 USD 12.5  11d
model spam        concurrent    50 at once                              50        -
consumer shop     tokens        30 in 1h, 1 at once                     0         1s
contract spam@v1  inFlight      64 at once, per version in one gateway
contract spam@v1  outputTokens  100 an answer
`,
  )
})

test('limits says where there are none, which bounds of the contract are not', async (context) => {
  const { run } = await fakeGateway(context, { 'GET /api/v1/limits': { body: { limits: [] } } })
  const { out, notes } = await run(['limits'])
  assert.deepEqual([out, notes], ['', 'No limits.\n'])
  const contract = { model: 'spam', major: 'v1', inFlightMax: 64, queueMax: 0 }
  const bounded = await fakeGateway(context, { 'GET /api/v1/limits': { body: { limits: [], contract } } })
  const table = await bounded.run(['limits', '--model', 'spam'])
  assert.match(table.out, /inFlight {2}64 at once/)
  assert.equal(table.notes, '')
})

test('1 while limits cannot be checked, with the reason that the status has', async (context) => {
  const refusal = { code: 'limits_unavailable', detail: 'Limits cannot be checked just now' }
  const refused = { 'GET /api/v1/limits': { status: 503, body: refusal } }
  const said = async (limits?: object) => {
    const { run } = await fakeGateway(context, {
      ...refused,
      ...(limits && { 'GET /api/v1/status': { body: { limits } } }),
    })
    const { code, out, notes } = await run(['limits'])
    assert.deepEqual([code, out], [1, ''])
    return notes
  }
  const first = 'Limits cannot be checked just now (limits_unavailable)\n'
  assert.equal(
    await said({ counters: 'redis', fault: 'connect ECONNREFUSED' }),
    `${first}The reason, as "astraapi status" has it: redis: connect ECONNREFUSED\n`,
  )
  // It works again meanwhile, or an older gateway's status does not tell.
  assert.equal(await said({ counters: 'redis' }), first)
  assert.equal(await said(), first)
})
