import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCatalog } from '../testing/fixtures.ts'
import { modelNameOf, readModelName } from './model-name.ts'

test('a name alone is the default major, "@v…" says another', () => {
  assert.deepEqual(readModelName('spam'), { model: 'spam', major: undefined })
  assert.deepEqual(readModelName('spam@v12'), { model: 'spam', major: 12 })
  for (const wrong of ['spam@', 'spam@2', 'spam@v0', 'spam@v1.1', 'spam@v1@v2', 'spam@v12345']) {
    assert.throws(() => readModelName(wrong), { code: 'unknown_major' }, wrong)
  }
})

test('the shortest name is read as the same contract', () => {
  const catalog = testCatalog({ '1.0': 1 })
  const contract = catalog.model('spam')?.contracts.get(1)
  assert.ok(contract)
  assert.equal(modelNameOf(contract, catalog), 'spam')
  assert.equal(modelNameOf({ ...contract, major: 2 }, catalog), 'spam@v2')
})
