import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookUp, permittedContracts } from './look-up.ts'
import { testCaller, testCatalog } from './testing/fixtures.ts'

const catalog = testCatalog({ '1.0': 1 }, { versions: { '1.0': {}, '0.9': { retired: {} } } })

test('finds what a call of this name would meet', () => {
  const { contract, version } = lookUp({ model: 'spam', major: undefined }, testCaller(), catalog)
  assert.deepEqual([contract.major, version], [1, undefined])
  assert.equal(lookUp({ model: 'spam', major: 1, version: '1.0' }, testCaller(), catalog).version?.id, '1.0')
})

test('throws what the call would be refused with', () => {
  const refusal = (name: Parameters<typeof lookUp>[0], caller = testCaller()) => {
    try {
      lookUp(name, caller, catalog)
    } catch (error) {
      return (error as { code: string }).code
    }
    return undefined
  }
  const spam = { model: 'spam', major: 1 }
  assert.equal(refusal({ model: 'none', major: 1 }), 'unknown_model')
  assert.equal(refusal({ ...spam, major: 2 }), 'unknown_major')
  assert.equal(refusal({ ...spam, version: '2.0' }), 'unknown_version')
  assert.equal(refusal({ ...spam, version: '0.9' }), 'version_retired')
  assert.equal(refusal(spam, testCaller({ models: ['other'] })), 'model_forbidden')
  assert.equal(refusal(spam, testCaller({ permissions: [] })), 'forbidden')
})

test('lists the contracts of the models that a key may use', () => {
  const names = (caller = testCaller()) => permittedContracts(caller, catalog).map(({ model }) => model)
  assert.deepEqual(names(), ['spam'])
  assert.deepEqual(names(testCaller({ models: ['other'] })), [])
  assert.throws(() => names(testCaller({ permissions: [] })), { code: 'forbidden' })
})
