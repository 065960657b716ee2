import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitStatus } from '../../kernel/limits.ts'
import { limitRefusal } from './limit-refusal.ts'

const tokens: LimitStatus = {
  owner: { kind: 'team', name: 'growth' },
  kind: 'tokens',
  limit: 100_000,
  windowMs: 60_000,
  burst: 20_000,
  remaining: 20_000,
  resetMs: 0,
}
const { burst: _, ...plain } = tokens
const budget: LimitStatus = { ...plain, kind: 'budget-day', limit: 20, remaining: 19.5, resetMs: 5e7 }
const refused = (status: LimitStatus, amount: number, retryAfterMs?: number) =>
  limitRefusal(status, [status], retryAfterMs, amount)

test('what never fits names the burst, where that is what it does not fit', () => {
  const { message, facts } = refused(tokens, 25_000)
  assert.equal(
    message,
    'The limit of team "growth" is 100000 tokens a minute, 20000 at once, and this call may need 25000 at once: that never fits',
  )
  assert.match(facts.next ?? '', /bound the answer lower/)
  assert.equal(facts.retryAfterMs, undefined)
})

test('a budget with room for less advises to ask for less; one that is used up, to wait', () => {
  assert.match(refused(budget, 0.7, 5e7).facts.next ?? '', /max_tokens.*or wait until the budget begins anew\.$/)
  assert.match(refused(budget, 30).facts.next ?? '', /or ask an administrator for more\.$/)
  assert.equal(refused({ ...budget, remaining: 0 }, 0.7, 5e7).facts.next, undefined)
})

test('a burst that is used up is not told as the whole interval used up', () => {
  const owner = { kind: 'consumer', name: 'blog' } as const
  const { burst: _, ...hourly } = { ...tokens, owner, kind: 'requests', limit: 30, windowMs: 3_600_000 } as const
  const blog: LimitStatus = { ...hourly, remaining: 0, resetMs: 119_500 }
  const text = 'The limit of consumer "blog" is 30 requests an hour'
  assert.equal(refused({ ...blog, burst: 1 }, 1, 119_500).message, `${text}, 1 at once; the next in 120 s`)
  assert.equal(refused(blog, 1, 119_500).message, `${text}, and none is left`)
})

test('what waiting helps needs no other advice', () => {
  const { message, facts } = refused({ ...tokens, remaining: 10 }, 15_000, 9000)
  assert.match(message, /100000 tokens a minute, 20000 at once: 10 can be had now, and this call may need 15000$/)
  assert.deepEqual([facts.next, facts.retryAfterMs], [undefined, 9000])
})
