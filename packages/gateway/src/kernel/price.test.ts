import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Usage } from './answer.ts'
import { costUsd, priceAt } from './price.ts'

describe('the price in force', () => {
  const prices = [
    { from: '2026-01-01', input: 1 },
    { from: '2026-03-01', input: 2 },
  ]
  const at = (time: string) => priceAt(prices, Date.parse(time))?.input

  it('begins with its day, in UTC, and lasts until the next', () => {
    assert.equal(at('2025-12-31T23:59:59.999Z'), undefined)
    assert.equal(at('2026-01-01T00:00:00Z'), 1)
    assert.equal(at('2026-02-28T23:59:59.999Z'), 1)
    assert.equal(at('2026-03-01T00:00:00Z'), 2)
    assert.equal(at('2030-01-01T00:00:00Z'), 2)
  })
})

describe('a cost', () => {
  const price = { from: '2026-01-01', input: 3, cachedInput: 0.3, cacheWriteInput: 3.75, output: 15, reasoning: 20 }
  const tokens = fc.nat(1_000_000)
  const parts = fc.record({ plain: tokens, cached: tokens, written: tokens, said: tokens, thought: tokens })
  const usageOf = ({ plain, cached, written, said, thought }: Readonly<Record<string, number>>): Usage => ({
    items: 1,
    inputTokens: (plain ?? 0) + (cached ?? 0) + (written ?? 0),
    cachedInputTokens: cached ?? 0,
    cacheWriteInputTokens: written ?? 0,
    outputTokens: (said ?? 0) + (thought ?? 0),
    reasoningTokens: thought ?? 0,
  })
  const near = (cost: number | undefined, expected: number) =>
    assert.ok(cost !== undefined && Math.abs(cost - expected) < 1e-9, `${cost} is not ${expected}`)

  it('is the sum of its parts', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const { plain, cached, written, said, thought } = given
        const expected = (plain * 3 + cached * 0.3 + written * 3.75 + said * 15 + thought * 20) / 1e6
        near(costUsd(price, usageOf(given)), expected)
      }),
    )
  })

  it('of tokens that are not priced apart is that of the others', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const usage = usageOf(given)
        const expected = ((usage.inputTokens ?? 0) * 3 + (usage.outputTokens ?? 0) * 15) / 1e6
        near(costUsd({ from: '2026-01-01', input: 3, output: 15 }, usage), expected)
      }),
    )
  })

  it('is unknown, not 0, without the tokens that have a price', () => {
    assert.equal(costUsd(price, { items: 1 }), undefined)
    assert.equal(costUsd(price, { items: 1, inputTokens: 5 }), undefined)
    assert.equal(costUsd({ from: '2026-01-01', input: 1, items: 1 }, { items: 1 }), undefined)
  })

  it('is unknown, not 0, for tokens that have no price', () => {
    const embedding = { from: '2026-01-01', input: 2 }
    near(costUsd(embedding, { items: 3, inputTokens: 500_000 }), 1)
    assert.equal(costUsd(embedding, { items: 3, inputTokens: 500_000, outputTokens: 1 }), undefined)
  })

  it('bills no more of a part than its whole', () => {
    const usage = { items: 1, inputTokens: 1000, outputTokens: 10 }
    const told = { ...usage, cachedInputTokens: 99_999_999, reasoningTokens: 88_888_888 }
    near(costUsd(price, told), (1000 * 0.3 + 10 * 20) / 1e6)
    const both = { ...usage, cachedInputTokens: 600, cacheWriteInputTokens: 600 }
    near(costUsd(price, both), (600 * 0.3 + 400 * 3.75 + 10 * 15) / 1e6)
  })

  it('is unknown where it would be below 0 or endless', () => {
    assert.equal(costUsd(price, { items: 1, inputTokens: -1e6, outputTokens: 0 }), undefined)
    assert.equal(costUsd(price, { items: 1, inputTokens: 1e308, outputTokens: 1e308 }), undefined)
  })

  it('by the item needs no tokens; of what is free, neither', () => {
    near(costUsd({ from: '2026-01-01', items: 50 }, { items: 20_000, inputTokens: 7 }), 1)
    assert.equal(costUsd({ from: '2026-01-01', input: 0, output: 0 }, { items: 1 }), 0)
  })
})
