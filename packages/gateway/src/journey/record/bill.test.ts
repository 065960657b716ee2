import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../../kernel/errors.ts'
import { type BilledAttempt, billOf, mainAttempt } from './bill.ts'

const priceOf = (model: string) => (model === 'priced' ? { from: '1970-01-01', input: 1, output: 1 } : undefined)
const tokens = { items: 1, inputTokens: 600_000, outputTokens: 400_000 }
const one = (
  upstreamModel: string | undefined,
  code?: ErrorCode,
  over: Partial<BilledAttempt> = {},
): BilledAttempt => ({
  attempt: { code },
  upstreamModel,
  ran: true,
  usage: tokens,
  ...over,
})
const unknown = { usage: undefined }

describe('the bill of a call', () => {
  const rows: readonly [string, readonly BilledAttempt[], number | undefined, boolean][] = [
    ['has every attempt', [one('priced', 'upstream_failed'), one('priced', 'cancelled'), one('priced')], 3, false],
    ['has what both lost that failed', [one('priced', 'upstream_failed'), one('priced', 'timeout')], 2, false],
    ['has what is known', [one('priced', 'upstream_failed', unknown), one('priced')], 1, false],
    ['is unpriced in part', [one('other', 'upstream_failed', unknown), one('priced')], 1, true],
    ['is unknown where nothing is known', [one('priced', 'upstream_failed', unknown)], undefined, false],
    ['is unpriced where what answered told nothing', [one('priced', undefined, unknown)], undefined, true],
    ['has nothing of what did not run', [one('other', 'upstream_unavailable', { ran: false })], undefined, false],
    ['has nothing of a refusal', [one('other', 'upstream_failed', { ran: false, ...unknown })], undefined, false],
    ['has what answered after a refusal', [one('other', 'upstream_failed', { ran: false }), one('priced')], 1, false],
    ['has nothing where no model runs', [one(undefined)], undefined, false],
    ['is of nothing without attempts', [], undefined, false],
  ]
  for (const [what, attempts, costUsd, unpriced] of rows) {
    it(what, () => {
      const { tokens: _, unheard: none, ...bill } = billOf(attempts, priceOf)
      assert.deepEqual(bill, { costUsd, unpriced, estimated: false })
      assert.equal(none, 0)
    })
  }

  const tokenRows: readonly [string, readonly BilledAttempt[], number | undefined][] = [
    ['has the tokens of every attempt that ran', [one('a', 'upstream_failed'), one('a', 'timeout'), one('a')], 3e6],
    ['and of what did not run none', [one('a', 'upstream_failed', { ran: false }), one('a')], 1e6],
    ['nor of one that failed and told nothing', [one('a', 'upstream_failed', unknown), one('a')], 1e6],
    [
      'does not know them where what answered told nothing',
      [one('a', 'timeout'), one('a', undefined, unknown)],
      undefined,
    ],
    ['has none without a model', [one(undefined)], 0],
  ]
  for (const [what, attempts, expected] of tokenRows) {
    it(what, () => assert.equal(billOf(attempts, priceOf).tokens, expected))
  }

  it('is an estimate where any part of it is', () => {
    const lost = one('priced', 'cancelled', { usage: { ...tokens, estimated: true } })
    assert.equal(billOf([lost, one('priced')], priceOf).estimated, true)
  })
})

it('tells the tokens of what answered, whenever the others ended, else of what ended last', () => {
  const [failed, answered, outrun] = [one('a', 'upstream_failed'), one('b'), one('c', 'cancelled')]
  assert.equal(mainAttempt([failed, answered, outrun]), answered)
  assert.equal(mainAttempt([failed, outrun]), outrun)
  assert.equal(mainAttempt([]), undefined)
})

it('counts the attempts that may have written more than is known, where a model ran', () => {
  const unheard = { unheard: true }
  const attempts = [
    one('priced', 'timeout', unheard),
    one(undefined, 'timeout', unheard),
    one('priced', 'upstream_failed'),
    one('other', 'cancelled', unheard),
  ]
  assert.equal(billOf(attempts, priceOf).unheard, 2)
})
