import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readManifest } from '../packages/gateway/src/control/manifest/read-manifest.ts'
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
  assert.equal(features[allOn]?.records([{ ...call, cache: 'miss' }]), true)
  assert.equal(fits(allOn, { cache: 'miss' }), false)
  assert.equal(features[cacheHit]?.records([{ ...call, cache: 'hit' }]), true)
  assert.equal(features[refusal]?.records([{ ...call, code: 'rate_limited' }]), true)
  assert.equal(fits(refusal, { code: 'rate_limited' }), false)
})
