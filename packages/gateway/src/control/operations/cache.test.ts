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
