import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError, type ErrorCode } from '../kernel/errors.ts'
import type { Limits } from '../kernel/limits.ts'
import { fakeCounters } from './charge/testing/fake-counters.ts'
import { testCall, testCaller } from './testing/fixtures.ts'
import { counted, echo, journeyWith, outcome, type Predict, type Script } from './testing/journey-bed.ts'

const upstreamModels = { '1.0': 'vendor/large', '1.1': 'vendor/small' }
/** A USD a token. */
const prices = {
  'vendor/large': [{ from: '1970-01-01', input: 1_000_000, output: 1_000_000 }],
  'vendor/small': [{ from: '1970-01-01', input: 1_000_000, output: 1_000_000 }],
}
const rate = (burst: number) => ({ amount: burst, perMs: 60_000, burst })
const used: Predict = async (...given) => ({ ...(await echo(...given)), usage: { inputTokens: 10, outputTokens: 5 } })
const failing =
  (code: ErrorCode): Predict =>
  async () => {
    throw new AstraError(code)
  }

function bed(limits: Limits, script: Script = {}, asks = false) {
  const counters = fakeCounters({ asks })
  return { counters, run: journeyWith({ predict: used, limits, counters: counters.counters, ...script }) }
}

const chats = { upstreamModels, prices, contractLimits: { outputTokensMax: 100, inFlightMax: 1000 } }

async function codeOf(run: ReturnType<typeof journeyWith>, over = {}): Promise<AstraError | undefined> {
  const ended = await run.journey.settle(testCall(over), testCaller())
  return ended instanceof AstraError ? ended : undefined
}

describe('limits of a call', () => {
  it('let in exactly as many as they say, and name themselves to the next', async () => {
    let asked = 0
    const predict: Predict = async (...given) => {
      asked++
      return echo(...given)
    }
    const { run } = bed({ requests: rate(3) }, { predict })
    const codes = []
    for (let i = 0; i < 10; i++) codes.push((await codeOf(run))?.code)
    assert.deepEqual(codes, [...Array(3).fill(undefined), ...Array(7).fill('rate_limited')])
    assert.equal(asked, 3)
    const error = await codeOf(run)
    assert.equal(error?.message, 'The limit of consumer "demo" is 3 requests a minute, and none is left')
    assert.equal(error?.facts.retryAfterMs, 2000)
    const { refusedBy, outcome, code } = run.records.at(-1) ?? {}
    assert.deepEqual(
      [refusedBy?.owner, refusedBy?.kind, outcome, code],
      [{ kind: 'consumer', name: 'demo' }, 'requests', 'refused', 'rate_limited'],
    )
  })

  it('hold no place in flight for what they refuse', async () => {
    const { run } = bed({ requests: rate(1) })
    for (let i = 0; i < 5; i++) await codeOf(run)
    assert.deepEqual(
      run.records.slice(1).map(({ code }) => code),
      Array(4).fill('rate_limited'),
    )
  })

  it('are told with an answer, a streamed one too', async () => {
    for (const stream of [false, true]) {
      const { run } = bed({ requests: rate(5), concurrent: 2 }, { stream: async function* () {} })
      const { limits } = await run.journey.serve(testCall({ stream }), testCaller())
      assert.deepEqual(
        limits?.map(({ kind, limit, remaining, windowMs }) => [kind, limit, remaining, windowMs]),
        [
          ['requests', 5, 4, 60_000],
          ['concurrent', 2, 1, undefined],
        ],
      )
    }
  })

  it('are left out of an answer that met none', async () => {
    const answer = await journeyWith().journey.serve(testCall(), testCaller())
    assert.equal('limits' in answer, false)
  })

  it('count the items of a batch, and one request', async () => {
    const { run, counters } = bed({ requests: rate(9), items: rate(4) })
    const batch = { batch: true, inputs: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] }
    assert.equal(await codeOf(run, batch), undefined)
    assert.deepEqual(counters.used(), { 'consumer:demo/requests': 1, 'consumer:demo/items': 3 })
    assert.equal((await codeOf(run, batch))?.code, 'rate_limited')
    assert.deepEqual(counters.used(), { 'consumer:demo/requests': 1, 'consumer:demo/items': 3 }, 'all or nothing')
  })

  it('say of what never fits that waiting is of no use', async () => {
    const { run } = bed({ items: rate(2) })
    const error = await codeOf(run, { batch: true, inputs: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] })
    assert.equal(error?.facts.retryAfterMs, undefined)
    assert.match(error?.message ?? '', /may need 3 at once: that never fits$/)
    assert.equal(error?.facts.next, 'Split it over several calls.')
  })
})

describe('tokens and cost', () => {
  const limits = { tokens: rate(1000), budget: { day: 1000, month: 5000 } }
  const spent = (counters: ReturnType<typeof fakeCounters>) => Object.values(counters.used())

  it('are reserved while the call runs, and settled by what it used', async () => {
    const during: number[][] = []
    const { run, counters } = bed(limits, {
      ...chats,
      predict: async (...given) => {
        during.push(spent(counters))
        return used(...given)
      },
    })
    assert.equal(await codeOf(run), undefined)
    // 18 bytes of input, and the most that its answer may have.
    assert.deepEqual(during, [[106, 106, 106]])
    await counted()
    assert.deepEqual(spent(counters), [15, 15, 15])
    assert.deepEqual(Object.keys(counters.used()), [
      'consumer:demo/tokens',
      'consumer:demo/budget-day/1970-01-01',
      'consumer:demo/budget-month/1970-01',
    ])
  })

  it('are bounded by what is reserved: of calls at once no more begin than fit', async () => {
    const { run, counters } = bed({ tokens: rate(250) }, chats)
    const errors = await Promise.all(Array.from({ length: 5 }, () => codeOf(run)))
    assert.deepEqual(
      errors.map((error) => error?.code),
      [undefined, undefined, 'rate_limited', 'rate_limited', 'rate_limited'],
    )
    assert.match(errors[2]?.message ?? '', /38 are left, and this call may need 106$/)
    await counted()
    assert.deepEqual(spent(counters), [30])
  })

  it('come back when nothing ran, and when the model failed before it used anything', async () => {
    for (const code of ['upstream_unavailable', 'upstream_failed'] as const) {
      const { run, counters } = bed(limits, { ...chats, predict: failing(code) })
      assert.ok(await codeOf(run))
      await counted()
      assert.deepEqual(new Set(spent(counters)), new Set([run.records[0]?.costUsd ?? 0]), code)
    }
  })

  it('of an answer that was given up unheard stay reserved, while the Record tells what is known', async () => {
    const many = { tokens: rate(10_000), budget: { day: 10_000 } }
    const contractLimits = { outputTokensMax: 400, inFlightMax: 10 }
    const { run, counters } = bed(many, { ...chats, contractLimits, predict: failing('timeout') })
    for (let i = 0; i < 6; i++) assert.equal((await codeOf(run))?.code, 'timeout')
    await counted()
    const costs = run.records.map(({ costUsd = 0 }) => costUsd)
    const known = costs.reduce((sum, cost) => sum + cost, 0)
    assert.ok(known > 0 && known < 6 * 400)
    assert.deepEqual(spent(counters), [known + 6 * 400, known + 6 * 400])
  })

  it('stay reserved where a model that has a price did not tell, and nobody could count', async () => {
    const silent = { count: () => Promise.reject(new Error('no')) }
    const { run, counters } = bed(limits, { ...chats, predict: echo, counter: silent })
    await codeOf(run)
    await counted()
    await counted()
    assert.deepEqual(spent(counters), [106, 106, 106])
  })

  it('of a budget that is used up say when it begins anew', async () => {
    const { run } = bed({ budget: { day: 110 } }, chats)
    await codeOf(run)
    const error = await codeOf(run)
    assert.equal(error?.code, 'budget_exhausted')
    assert.equal(
      error?.message,
      'The limit of consumer "demo" is USD 110 a day: USD 95.00 are left, and this call may need USD 106.00',
    )
  })

  it('cost nothing that is known at a model without a price', async () => {
    const { run, counters } = bed({ budget: { day: 1 } }, { ...chats, prices: {} })
    assert.equal(await codeOf(run), undefined)
    await counted()
    assert.deepEqual(spent(counters), [])
    assert.equal(run.records[0]?.unpriced, true)
  })
})

describe('while limits cannot be checked', () => {
  const limits = { requests: rate(1) }

  for (const asks of [false, true]) {
    const where = asks ? ', over the network' : ''
    it(`a call goes on, and is counted, where its contract does not say otherwise${where}`, async () => {
      const { run, counters } = bed(limits, {}, asks)
      counters.state.broken = true
      for (let i = 0; i < 3; i++) assert.equal(await codeOf(run), undefined)
      assert.equal(run.unchecked(), 3)
      assert.deepEqual(counters.used(), {})
      counters.state.broken = false
      assert.deepEqual([(await codeOf(run))?.code, (await codeOf(run))?.code], [undefined, 'rate_limited'])
    })

    it(`it is refused, and holds no place, where its contract is closed${where}`, async () => {
      const { run, counters } = bed(limits, { contractLimits: { whenUnavailable: 'closed' } }, asks)
      counters.state.broken = true
      for (let i = 0; i < 4; i++) assert.equal((await codeOf(run))?.code, 'limits_unavailable')
      assert.equal(run.unchecked(), 0)
    })
  }

  it('a call that no limit concerns does not ask', async () => {
    const counters = fakeCounters()
    counters.state.broken = true
    const { code } = await outcome(journeyWith({ counters: counters.counters }))
    assert.equal(code, undefined)
  })
})
