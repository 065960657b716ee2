import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readManifest } from '../packages/gateway/src/control/manifest/read-manifest.ts'
import { hasBounds } from './feature.ts'
import { allOn, bare, cacheHit, features, refusal } from './policies.ts'
import type { CallJson } from './servers/gateway.ts'
import { languageModelManifest } from './servers/manifests.ts'

for (const [name, { policies }] of Object.entries(features)) {
  test(`a manifest that a gateway takes: ${name}`, () => {
    const read = readManifest(languageModelManifest('http://127.0.0.1:8000', policies))
    assert.deepEqual('faults' in read ? read.faults : [], [])
  })
}

test('a row shows whether its feature took part', () => {
  const call: CallJson = { model: 'bench', keyId: 'key_1', queueMs: 0 }
  const fits = (name: string, over: Partial<CallJson>) => features[name]?.records([call, { ...call, ...over }])
  assert.equal(fits(bare, {}), true)
  assert.equal(fits(bare, { cache: 'miss' }), false)
  for (const name of [allOn, cacheHit, refusal]) assert.equal(features[name]?.records([]), false, name)
  const missed: CallJson = { ...call, cache: 'miss' }
  assert.equal(features[allOn]?.records([missed]), false, 'nobody waited')
  assert.equal(features[allOn]?.records([missed, { ...missed, queueMs: 2 }]), true)
  assert.equal(fits(allOn, { cache: 'miss' }), false)
  assert.equal(features[cacheHit]?.records([{ ...call, cache: 'hit' }]), true)
  assert.equal(features[refusal]?.records([{ ...call, code: 'rate_limited' }]), true)
  assert.equal(fits(refusal, { code: 'rate_limited' }), false)
})

test('an answer shows the limits that it met', () => {
  const answer = (policy: string) => `content-length: 9\nratelimit-policy: ${policy}\nratelimit: x\n\na certificate`
  const shown = (name: string, policy: string) => features[name]?.answer?.test(answer(policy))
  const requests = '"key-requests";q=9;w=1'
  const all = `${requests}, "team-items";q=9;w=1;qu="items", "key-tokens";q=9;w=1;qu="tokens", "key-concurrent";q=9;qu="concurrent-requests"`
  assert.equal(shown('requests of the consumer', requests), true)
  assert.equal(shown('requests of the consumer', all.slice(requests.length + 2)), false)
  assert.equal(shown(allOn, all), true)
  assert.equal(shown(allOn, requests), false)
  assert.equal(shown(allOn, all.replace('items', 'calls')), false)
})

test('a row meets the bounds it is named after, and its budgets are charged', () => {
  const reserved = features['tokens and cost of the consumer, output capped']
  assert.ok(reserved)
  const bound = (kind: string, remaining: number) => ({ kind, limit: 10, remaining })
  const limits = [bound('tokens', 10), bound('budget-day', 9.9), bound('budget-month', 9.9)]
  const contract = { outputTokensMax: 400 }
  assert.equal(hasBounds(reserved, { limits, contract }), true)
  assert.equal(hasBounds(reserved, { limits: limits.slice(1), contract }), false)
  assert.equal(hasBounds(reserved, { limits, contract: {} }), false, 'no cap')
  const [tokens, day] = limits
  assert.ok(tokens && day)
  assert.equal(
    hasBounds(reserved, { limits: [tokens, day, bound('budget-month', 10)], contract }),
    false,
    'nothing spent',
  )
})

test('tokens of an issuer are of one holder, or each of another', () => {
  const calls = (...holders: string[]): CallJson[] =>
    holders.map((holder) => ({ model: 'bench', keyId: `issuer:bench:${holder}`, queueMs: 0 }))
  const [one, each] = ["an issuer's token in place of a key", "an issuer's token, each a new one"].map(
    (name) => features[name],
  )
  assert.equal(one?.records(calls('a', 'a')), true)
  assert.equal(one?.records(calls('a', 'b')), false)
  assert.equal(each?.records(calls('a', 'b')), true)
  assert.equal(each?.records(calls('a', 'b', 'a')), false)
})
