import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

test('the contract file holds what is published, of every model or of one', async () => {
  const platform = await fakePlatform()
  const { output, etag } = await platform.run('getContracts', {})
  assert.equal(etag, '7')
  assert.deepEqual(Object.keys(output.models as object), ['spam', 'digits'])
  assert.deepEqual((await platform.run('getContracts', { model: 'spam' })).output, {
    astra: 'contracts/1',
    revision: 7,
    models: {
      spam: {
        owner: 'mail-platform',
        default: 'v1',
        contracts: {
          v1: {
            revision: 1,
            task: 'classification',
            streams: false,
            input: { type: 'object' },
            output: { type: 'object' },
            examples: [{ input: { text: 'You have won' } }],
            deprecated: { since: '2026-11-01' },
          },
        },
      },
    },
  })
})

test('404 unknown_model names the nearest', async () => {
  await assert.rejects((await fakePlatform()).run('getContracts', { model: 'spma' }), {
    code: 'unknown_model',
    facts: { detail: 'There is no model "spma"', next: 'Did you mean "spam"?' },
  })
})
