import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Item } from '../kernel/answer.ts'
import { AstraError, type ErrorCode, type ErrorFacts } from '../kernel/errors.ts'
import { settleItems } from './settle-items.ts'

const good: Item = { output: 1 }
const bad = (code: ErrorCode, facts: ErrorFacts = {}): Item => ({ error: new AstraError(code, facts) })
const busy = bad('upstream_unavailable', { retryAfterMs: 5 })
const unspent = bad('upstream_failed', { unspent: true })
const unanswered = bad('upstream_failed', { unanswered: true })

const stand: readonly (readonly [string, readonly Item[]])[] = [
  ['no items', []],
  ['answers', [good, good]],
  ['one failure among answers', [bad('upstream_failed'), good]],
  ['a refused item beside a failure', [bad('upstream_unavailable'), bad('invalid_input')]],
]

for (const [what, items] of stand) {
  test(`${what}: stand as they are`, () => assert.equal(settleItems(items), items))
}

const throws: readonly (readonly [string, readonly Item[], ErrorCode])[] = [
  ['one failed item', [bad('upstream_failed')], 'upstream_failed'],
  ['only unavailable items', [bad('upstream_unavailable'), bad('upstream_unavailable')], 'upstream_unavailable'],
  ['one of them may have run', [bad('upstream_unavailable'), bad('upstream_failed')], 'upstream_failed'],
]

for (const [what, items, code] of throws) {
  test(`${what}: the call fails with ${code}`, () => assert.throws(() => settleItems(items), { code }))
}

const speaksForAll: readonly (readonly [string, readonly Item[], ErrorFacts])[] = [
  ['busy and busy', [busy, busy], { retryAfterMs: 5 }],
  ['busy and not ready', [busy, bad('upstream_unavailable')], {}],
  ['not run and unanswered', [bad('upstream_unavailable'), unanswered], { unanswered: true }],
  ['not run and refused', [bad('upstream_unavailable'), unspent], { unspent: true }],
  ['refused and unanswered', [unspent, unanswered], { unanswered: true }],
  ['refused and failed', [unspent, bad('upstream_failed')], {}],
  ['unanswered and failed', [unanswered, bad('upstream_failed'), unanswered], {}],
]

for (const [what, items, facts] of speaksForAll) {
  test(`of ${what} the one that allows the least speaks for all`, () => {
    assert.throws(() => settleItems(items), { facts })
  })
}
