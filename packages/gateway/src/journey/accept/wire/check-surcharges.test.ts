import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AstraError } from '../../../kernel/errors.ts'
import { checkSurcharges } from './check-surcharges.ts'

const path = (body: Readonly<Record<string, unknown>>): string | undefined => {
  try {
    checkSurcharges(body)
    return undefined
  } catch (thrown) {
    const { code, facts } = thrown as AstraError
    assert.equal(code, 'unsupported')
    return facts.violations?.[0]?.path
  }
}

test('what has another price than that of the catalog is refused', () => {
  for (const tier of ['priority', 'flex', 'scale', 'PRIORITY', ['auto'], 1]) {
    assert.equal(path({ model: 'a', service_tier: tier }), '/service_tier')
  }
  assert.equal(path({ speed: 'fast' }), '/speed')
  assert.equal(path({ inference_geo: 'us' }), '/inference_geo')
})

test('the usual price said aloud passes, and so do tools that the vendor runs', () => {
  for (const tier of ['auto', 'default', 'standard_only', null, undefined])
    assert.equal(path({ service_tier: tier }), undefined)
  assert.equal(path({ speed: 'standard', tools: [{ type: 'web_search' }] }), undefined)
})
