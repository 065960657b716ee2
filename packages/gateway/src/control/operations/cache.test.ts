import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

test('a model, a contract or a version is purged by its name', async () => {
  const { run, asked } = await fakePlatform()
  for (const [input, name] of [
    [{ model: 'spam' }, 'spam'],
    [{ model: 'spam', major: 'v1' }, 'spam@v1'],
    [{ model: 'spam', major: 'v1', version: '1.1' }, 'spam@v1/1.1'],
  ] as const) {
    assert.deepEqual((await run('purgeCache', input)).output, { purged: 3 })
    assert.equal(asked.purged, name)
  }
})

test('what does not exist is refused, so that a typo does not look like an empty cache', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('purgeCache', { model: 'spma' }), { code: 'unknown_model' })
  await assert.rejects(run('purgeCache', { model: 'spam', major: 'v9' }), { code: 'unknown_major' })
  await assert.rejects(run('purgeCache', { model: 'spam', major: 'v1', version: '7' }), { code: 'unknown_version' })
  await assert.rejects(run('purgeCache', { model: 'spam', version: '1.1' }), { code: 'invalid_input' })
})

test('the report has every contract with semantic look-ups, and zeros before the first', async () => {
  const { run, semanticReports } = await fakePlatform()
  const declared = { model: 'spam', major: 'v1', mode: 'measure', embeddings: 'embed@v1', similarityMin: 0.95 }
  const none = { lookups: 0, failures: 0, served: 0, wouldServe: 0, similarities: [] }
  assert.deepEqual((await run('getCacheReport', {})).output, { contracts: [{ ...declared, ...none }] })
  const counts = { lookups: 3, failures: 1, served: 0, wouldServe: 1 }
  const similarities = [{ from: 0.975, calls: 1, compared: 1, equal: 1 }]
  semanticReports.push({ model: 'spam', major: 1, ...counts, similarities }, { model: 'gone', major: 1, ...none })
  assert.deepEqual((await run('getCacheReport', { model: 'spam' })).output, {
    contracts: [{ ...declared, ...counts, similarities }],
  })
  await assert.rejects(run('getCacheReport', { model: 'spma' }), { code: 'unknown_model' })
})
